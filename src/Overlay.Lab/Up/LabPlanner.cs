using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Overlay.Contracts.Client;
using Overlay.Core;
using Overlay.Lab.Kernel;

namespace Overlay.Lab.Up;

/// <summary>Decides what a new lab will be, and claims its name and addresses by writing that down.</summary>
internal static class LabPlanner
{
    public static async Task<LabState> ClaimAsync(LabOptions options, LabPaths paths, CancellationToken cancel)
    {
        if (options.Hosts is < 1 or > AddressPlan.MaxHosts)
        {
            throw new RefusalException(ErrorCodes.InvalidArgument, $"a lab of {options.Hosts} hosts cannot be: it has 1 to {AddressPlan.MaxHosts}");
        }
        if (options is { EmbeddedStore: true, Hosts: > 1 })
        {
            throw new RefusalException(ErrorCodes.InvalidArgument, $"a lab of {options.Hosts} hosts cannot have an embedded store: that is one host's own; give --hosts 1, or --store redis");
        }
        var overlayd = Prerequisites.Overlayd(options);
        var overlay = Prerequisites.Overlay(options);
        using (await LabLock.TakeAsync(LabPaths.CommonLock, "another 'overlay lab up' or 'down'", cancel))
        {
            var segment = AddressPlan.FreeSegment([.. Others(options.Name).Select(l => l.Segment)], await RoutesAsync(cancel))
                ?? throw new RefusalException(ErrorCodes.PoolsExhausted, "no 10.231.N.0/24 with its 10.232.N.0/30 is free on this machine: 'overlay lab ls' shows the labs, 'ip route' the routes");
            var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            var ula = AddressPlan.Ula(RandomNumberGenerator.GetBytes(5));
            var contexts = Contexts(options);
            var lab = new LabState(
                options.Name, id, $"{options.Name}-{id[..6]}", segment, ula, options.Uplink, options.EmbeddedStore, options.UnderlayMtu, overlayd, overlay,
                contexts.Directory, contexts.Current, Members(options, segment, ula), null);
            Directory.CreateDirectory(paths.Lab, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            lab.Write(paths.State);
            return lab;
        }
    }

    private static IReadOnlyList<LabMember> Members(LabOptions options, int segment, string ula) =>
        [.. AddressPlan.Members(segment, ula, options.Hosts).Where(m => m.Kind != MemberKind.Redis || !options.EmbeddedStore)];

    public static IEnumerable<LabState> Others(string name) =>
        LabPaths.Names().Where(n => n != name).Select(n => LabState.Read(new LabPaths(n).State)).OfType<LabState>();

    private static ContextStore Contexts(LabOptions options) =>
        options.ContextDirectory is { } directory ? new ContextStore(directory) : ContextStore.Default();

    private static async Task<IReadOnlyList<IPNetwork>> RoutesAsync(CancellationToken cancel)
    {
        var text = await Command.RequireAsync(["ip", "-json", "-4", "route", "show", "table", "all"], null, cancel);
        using var routes = JsonDocument.Parse(string.IsNullOrWhiteSpace(text) ? "[]" : text);
        return [.. routes.RootElement.EnumerateArray()
            .Select(r => r.TryGetProperty("dst", out var dst) ? dst.GetString() : null)
            .Where(dst => dst is not null and not "default")
            .Select(dst => dst!.Contains('/', StringComparison.Ordinal) ? dst : string.Create(CultureInfo.InvariantCulture, $"{dst}/32"))
            .Select(dst => IPNetwork.TryParse(dst, out var network) ? network : (IPNetwork?)null)
            .OfType<IPNetwork>()];
    }
}
