using Overlay.Cli.App;
using Overlay.Cli.Output;

namespace Overlay.Cli.Sandboxes;

internal static class SandboxCreate
{
    public static Verb Create(CliEnvironment environment)
    {
        var flags = new SandboxFlags();
        var verb = new Verb(
            "create", "Create a sandbox without a command and print its id",
            "overlay sandbox create --name web --network shop --host h1",
            "overlay sandbox create --name db --network name=shop,ip=10.7.0.9,alias=sql -p 15432:5432",
            "ip netns exec web ping db");
        flags.AddTo(verb);
        return verb.Does(environment, async (invocation, cancellation) =>
        {
            var details = await invocation.Control.CreateSandbox(flags.Read(invocation), cancellation);
            invocation.Print.Made(SandboxView.Of(details), CliJson.Readable.SandboxView, details.Sandbox.Id.ToString());
        });
    }
}
