using System.Diagnostics;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Benchmarks.Kernels;

/// <summary>What the kernel room costs on this machine, in namespaces of its own: an attach (namespace, veth, address,
/// route), forwarding entries written and listed, an nft transaction.</summary>
internal static class KernelBenchmark
{
    private const int Attaches = 200, Entries = 10_000, Transactions = 200;
    private static readonly Address Tunnel = Address.Parse("192.0.2.1"), Gateway = Address.Parse("10.40.0.1");

    public static int Run(TextWriter output)
    {
        using var kernel = new Kernel();
        var prefix = $"ovb-{Environment.ProcessId}-";
        try
        {
            using var host = kernel.Create(prefix + "host");
            host.Apply([new AddBridge("br") { Up = true }, new AddAddress("br", Gateway, 16), new AddVxlan("vx", 7, Tunnel, 4789)]);
            Report(output, "attach", Attaches, i => Attach(kernel, host, prefix, i));
            var batch = Enumerable.Range(0, Entries).Select(i => new SetVxlanFdb("vx", new(0x02_40_00_00_00_00UL + (ulong)i), Tunnel)).ToList();
            Report(output, $"write {Entries} forwarding entries", 10, _ => host.Apply(batch));
            Report(output, $"list {Entries} forwarding entries", 20, _ => host.DumpFdb());
            Report(output, "nft transaction", Transactions, i => host.Nftables.Run($"add table inet t{i % 5}; delete table inet t{i % 5}"));
            return 0;
        }
        finally
        {
            foreach (var name in kernel.Names().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
                kernel.Delete(name);
        }
    }

    private static void Attach(Kernel kernel, INetNamespace host, string prefix, int i)
    {
        using var space = kernel.Create(prefix + i);
        host.Apply([new AddVeth($"port{i}", "eth0", space) { Master = "br", Alias = "benchmark", Up = true }]);
        space.Apply([
            new SetLink("eth0") { Up = true },
            new AddAddress("eth0", Gateway.Next((UInt128)i + 1), 16),
            new SetRoute(Prefix.Parse("0.0.0.0/0")) { Via = Gateway, Link = "eth0" },
        ]);
    }

    private static void Report(TextWriter output, string what, int count, Action<int> body)
    {
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            body(i);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        Array.Sort(times);
        output.WriteLine($"{what,-36} {times[count / 2],8:0.00} ms median {times[Math.Min(count - 1, count * 99 / 100)],8:0.00} ms p99");
    }
}
