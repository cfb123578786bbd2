using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.Lab;

internal static class LabLogs
{
    private const string Supervisor = "supervisor";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    public static Verb Create(CliEnvironment environment)
    {
        var name = LabCommand.NameOption();
        var host = new Argument<string>("HOST") { Description = "h1, h2 …; also redis, outside and supervisor" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until Ctrl-C" };
        return new Verb("logs", "What a host's overlayd wrote", "overlay lab logs h1 -f") { name, host, follow }
            .Does(environment, (invocation, cancel) => PrintAsync(
                FileOf(Overlay.Lab.Lab.Open(invocation.Value(name)), invocation.Value(host)), invocation.Value(follow), environment.Out, cancel));
    }

    private static string FileOf(Overlay.Lab.Lab lab, string host) =>
        host == Supervisor ? lab.Paths.SupervisorLog : lab.Paths.Log(lab.Member(host).Name);

    private static async Task PrintAsync(string file, bool follow, TextWriter output, CancellationToken cancel)
    {
        if (File.Exists(file + ".1"))
        {
            await output.WriteAsync(await File.ReadAllTextAsync(file + ".1", cancel));
        }
        using var reader = new StreamReader(new FileStream(file, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var buffer = new char[16 * 1024];
        while (true)
        {
            while (await reader.ReadAsync(buffer, cancel) is > 0 and var read)
            {
                await output.WriteAsync(buffer.AsMemory(0, read), cancel);
            }
            await output.FlushAsync(cancel);
            if (!follow || !File.Exists(file))
            {
                return;
            }
            await Task.Delay(Interval, cancel);
            Rewind(reader);
        }
    }

    // The supervisor cuts a log that has grown too long; what comes then stands at its beginning.
    private static void Rewind(StreamReader reader)
    {
        if (reader.BaseStream.Length < reader.BaseStream.Position)
        {
            reader.BaseStream.Position = 0;
            reader.DiscardBufferedData();
        }
    }
}
