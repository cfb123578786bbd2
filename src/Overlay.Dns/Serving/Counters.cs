using Overlay.Dns.Answering;

namespace Overlay.Dns.Serving;

internal sealed class Counters
{
    private readonly long[] _counts = new long[Enum.GetValues<DnsResult>().Length];

    public void Count(DnsResult result) => Interlocked.Increment(ref _counts[(int)result]);

    public IReadOnlyDictionary<DnsResult, long> Snapshot() =>
        Enum.GetValues<DnsResult>().ToDictionary(r => r, r => Interlocked.Read(ref _counts[(int)r]));
}
