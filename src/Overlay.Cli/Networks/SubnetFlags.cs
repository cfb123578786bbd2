using System.Collections.Immutable;
using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Contracts.Grains;
using Overlay.Core.Addressing;

namespace Overlay.Cli.Networks;

/// <summary>
/// --subnet, --gateway, --ip-range and --aux-address: each of the latter belongs to the subnet that contains it, as
/// in Docker, so their order does not matter.
/// </summary>
internal sealed class SubnetFlags
{
    private readonly Option<Prefix[]> _subnets = Flags.Many(
        "--subnet", "PREFIX", "A subnet of the network (default: a free one); several for several", Flags.ParsePrefix);

    private readonly Option<Address[]> _gateways = Flags.Many(
        "--gateway", "ADDRESS", "The gateway's address in its subnet (default: the first)", Address.Parse);

    private readonly Option<Prefix[]> _ranges = Flags.Many(
        "--ip-range", "PREFIX", "Take automatic addresses from this part of its subnet", Flags.ParsePrefix);

    private readonly Option<KeyValuePair<string, Address>[]> _auxiliary = Flags.Many(
        "--aux-address", "NAME=ADDRESS", "An address that something else has: never given away", ParseAuxiliary);

    public void AddTo(Command command)
    {
        command.Add(_subnets);
        command.Add(_gateways);
        command.Add(_ranges);
        command.Add(_auxiliary);
    }

    public ImmutableArray<SubnetRequest> Read(Invocation invocation) =>
        Combine(invocation.Value(_subnets), invocation.Value(_gateways), invocation.Value(_ranges), invocation.Value(_auxiliary));

    /// <exception cref="UsageException">One that lies in no subnet, or a second one of a kind for one subnet.</exception>
    public static ImmutableArray<SubnetRequest> Combine(
        IReadOnlyList<Prefix> subnets, IReadOnlyList<Address> gateways, IReadOnlyList<Prefix> ranges, IReadOnlyList<KeyValuePair<string, Address>> auxiliary)
    {
        var requests = subnets.Select(prefix => new SubnetRequest { Prefix = prefix }).ToArray();
        foreach (var gateway in gateways)
        {
            ref var subnet = ref Holder(requests, "--gateway", gateway.ToString(), prefix => prefix.Contains(gateway));
            subnet = subnet.Gateway is { } first
                ? throw new UsageException($"--gateway {first} and --gateway {gateway} are both in {subnet.Prefix}: a subnet has one gateway")
                : subnet with { Gateway = gateway };
        }
        foreach (var range in ranges)
        {
            ref var subnet = ref Holder(requests, "--ip-range", range.ToString(), prefix => prefix.Contains(range));
            subnet = subnet.Range is { } first
                ? throw new UsageException($"--ip-range {first} and --ip-range {range} are both in {subnet.Prefix}: a subnet has one range")
                : subnet with { Range = range };
        }
        foreach (var (name, address) in auxiliary)
        {
            ref var subnet = ref Holder(requests, "--aux-address", $"{name}={address}", prefix => prefix.Contains(address));
            subnet = subnet with { Auxiliary = subnet.Auxiliary.SetItem(name, address) };
        }
        return [.. requests];
    }

    private static ref SubnetRequest Holder(SubnetRequest[] requests, string flag, string value, Predicate<Prefix> contains)
    {
        var index = Array.FindIndex(requests, request => contains(request.Prefix));
        if (index < 0)
            throw new UsageException(requests.Length == 0
                ? $"{flag} {value} needs the --subnet that it is part of"
                : $"{flag} {value} is in none of the subnets {string.Join(", ", requests.Select(request => request.Prefix))}");
        return ref requests[index];
    }

    private static KeyValuePair<string, Address> ParseAuxiliary(string text)
    {
        var (name, address) = Flags.ParsePair(text);
        return new(name, Address.Parse(address));
    }
}
