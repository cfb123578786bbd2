using Overlay.Benchmarks.Control;
using Overlay.Benchmarks.DataPath;
using Overlay.Benchmarks.Dns;
using Overlay.Benchmarks.Kernels;
using Overlay.Benchmarks.Probes;
using Overlay.Benchmarks.Stores;
using Overlay.Contracts.Errors;
using Overlay.Core;

try
{
    switch (args)
    {
        case ["dns", "serve", _, ..]:
            return DnsServe.Run(args[2..]);
        case ["dns", "compare", ..]:
            return DnsCompare.Run(args[2..]);
        case ["control", ..]:
            return await ControlBenchmark.RunAsync(ControlOptions.Parse(args[1..]));
        case ["kernel"]:
            return KernelBenchmark.Run(Console.Out);
        case ["kernel", "scale"]:
            return await ScaleBenchmark.RunAsync(Console.Out);
        case ["kernel", "resync"]:
            return await ResyncBenchmark.RunAsync(Console.Out);
        case ["kernel", "teardown"]:
            return await TeardownBenchmark.RunAsync(Console.Out);
        case ["kernel", "compare", ..]:
            return await CompareBenchmark.RunAsync(args[2..], Console.Out);
        case ["datapath", ..]:
            return await DataPathBenchmark.RunAsync(args[1..], Console.Out);
        case ["store"]:
            return await StoreBenchmark.RunAsync(Console.Out);
        case ["probe", var kind]:
            return Prober.Run(kind, Console.In, Console.Out);
        default:
            Console.Error.WriteLine("what can be measured:");
            Console.Error.WriteLine("  control " + ControlOptions.Usage);
            Console.Error.WriteLine("  kernel");
            Console.Error.WriteLine("  kernel scale    (root)");
            Console.Error.WriteLine("  kernel resync    (root)");
            Console.Error.WriteLine("  kernel teardown    (root)");
            Console.Error.WriteLine("  kernel compare [ROUNDS]    (root; containernetworking-plugins, netavark)");
            Console.Error.WriteLine("  datapath overlay [ROUNDS]    (root; iperf3; beside Docker: docker.io, busybox-static)");
            Console.Error.WriteLine("  datapath ports [ROUNDS]    (as above)");
            Console.Error.WriteLine("  store");
            Console.Error.WriteLine("  dns serve [ADDRESS:]PORT [UPSTREAM[#PORT]]");
            Console.Error.WriteLine("  dns compare [ROUNDS [SECONDS]]    (root; unbound, dnsmasq-base, dnsperf, dnsutils)");
            return 2;
    }
}
catch (Exception refused) when (refused is RefusalException or OverlayException or TimeoutException or InvalidOperationException)
{
    Console.Error.WriteLine($"benchmarks: {refused.Message}");
    return 1;
}
