using Overlay.Cli.App;

namespace Overlay.Cli.Sandboxes;

internal static class LogsCommand
{
    // How soon a follower sees what was written; each look is one grain call.
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(200);

    public static Verb Create(CliEnvironment environment)
    {
        var sandbox = SandboxCommand.SandboxArgument();
        var follow = Flags.Switch("--follow", "Go on until the command ends", "-f");
        return new Verb(
            "logs", "Show what the command of a 'run -d' sandbox has written",
            "overlay logs web",
            "overlay logs -f web")
        {
            sandbox, follow,
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            var entry = await invocation.Control.FindSandbox(invocation.Value(sandbox), cancellation);
            var output = invocation.Environment.RawOut;
            long offset = 0;
            while (true)
            {
                var page = await invocation.Control.ReadLog(entry, offset, cancellation);
                await output.WriteAsync(page.Bytes, cancellation);
                await output.FlushAsync(cancellation);
                var moved = page.NextOffset != offset;
                offset = page.NextOffset;
                if (page.End || (!moved && !invocation.Value(follow)))
                    return;
                if (!moved)
                    await Task.Delay(FollowInterval, invocation.Environment.Time, cancellation);
            }
        });
    }
}
