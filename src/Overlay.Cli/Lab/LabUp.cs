using System.CommandLine;
using System.Diagnostics;
using Overlay.Cli.App;
using Overlay.Lab;

namespace Overlay.Cli.Lab;

internal static class LabUp
{
    private const int DefaultHosts = 3;

    public static Verb Create(CliEnvironment environment)
    {
        var hosts = new Option<int>("--hosts") { Description = "How many hosts", HelpName = "N", DefaultValueFactory = _ => DefaultHosts };
        var name = LabCommand.NameOption();
        var uplink = new Option<bool>("--uplink") { Description = "Let the hosts reach this machine's network, masqueraded" };
        var store = new Option<string>("--store") { Description = "redis, or embedded: one host that keeps its records in a file", HelpName = "redis|embedded", DefaultValueFactory = _ => "redis" };
        store.AcceptOnlyFromAmong("redis", "embedded");
        var overlayd = new Option<string?>("--overlayd") { Description = "The overlayd to run; else $OVERLAYD, else the one beside this program", HelpName = "PATH" };
        return new Verb("up", "Bring a lab up; harmless when it is up already", "overlay lab up --hosts 3", "overlay lab up --hosts 5 --name big --uplink", "overlay lab up --hosts 1 --store embedded") { hosts, name, uplink, store, overlayd }
            .Does(environment, (invocation, cancel) => RunAsync(
                new LabOptions
                {
                    Hosts = invocation.Value(hosts),
                    Name = invocation.Value(name),
                    Uplink = invocation.Value(uplink),
                    EmbeddedStore = invocation.Value(store) == "embedded",
                    Overlayd = invocation.Value(overlayd),
                    ContextDirectory = environment.Contexts.Directory,
                },
                invocation, cancel));
    }

    private static async Task RunAsync(LabOptions options, Invocation invocation, CancellationToken cancel)
    {
        var console = invocation.Environment;
        var wasUp = Overlay.Lab.Lab.IsUp(options.Name);
        var clock = Stopwatch.StartNew();
        var progress = new Lines(line => console.Error.WriteLine($"[{clock.Elapsed.TotalSeconds,5:0.0} s] {line}"));
        var lab = await Overlay.Lab.Lab.UpAsync(options, progress, cancel);
        console.Error.WriteLine(wasUp ? $"lab {options.Name} was up already" : $"lab {options.Name} is up after {clock.Elapsed.TotalSeconds:0.0} s");
        LabStatusCommand.Print(await lab.StatusAsync(cancel), invocation);
    }

    // Progress<T> would hand each line to the pool, and the order would be luck.
    private sealed class Lines(Action<string> write) : IProgress<string>
    {
        private readonly Lock _lock = new();

        public void Report(string value)
        {
            lock (_lock)
            {
                write(value);
            }
        }
    }
}
