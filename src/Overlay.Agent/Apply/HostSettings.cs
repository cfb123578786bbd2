using System.Text.Json;
using System.Text.Json.Serialization;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// The host's own settings that networks need. What each one was before, and what we made of it, is recorded on disk
/// before it is changed, and put back when the last network has left the host.
/// </summary>
internal sealed class HostSettings(INetNamespace host, string file)
{
    private const string Forward4 = "net/ipv4/ip_forward";
    private const string Forward6 = "net/ipv6/conf/all/forwarding";
    private static readonly string[] BridgeFilters = ["net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"];

    private Dictionary<string, RecordedSetting>? _recorded;

    /// <summary>What the last look found that works, but not as well as it could.</summary>
    public string? Warning { get; private set; }

    private Dictionary<string, RecordedSetting> Recorded => _recorded ??= Read();

    /// <summary>Returns how many writes it took.</summary>
    /// <param name="othersFilter">Others filter forwarded, and thereby bridged, packets.</param>
    public int Apply(bool routesV6, IEnumerable<string> links, bool othersFilter)
    {
        var writes = Set(Forward4, "1");
        if (routesV6 && (host.ReadSysctl(Forward6) is "0" || Recorded.ContainsKey(Forward6)))
        {
            // A forwarding host ignores router advertisements where accept_ra is 1: its uplink would lose its addresses.
            foreach (var link in links.Append("default"))
            {
                if (host.ReadSysctl($"net/ipv6/conf/{link}/accept_ra") is "1")
                    writes += Set($"net/ipv6/conf/{link}/accept_ra", "2");
            }
            writes += Set(Forward6, "1");
        }
        Warning = null;
        if (!BridgeFilters.Any(name => host.ReadSysctl(name) is "1"))
            return writes;
        if (!othersFilter)
            return writes + BridgeFilters.Sum(name => host.ReadSysctl(name) is null ? 0 : Set(name, "0"));
        // What it drops is ForeignFirewalls' to tell.
        Warning = "bridged packets pass through this host's own packet filter (net.bridge.bridge-nf-call-iptables=1), which has rules of its own: "
            + "VXLAN throughput drops by a quarter or more; if none of these rules is about bridged packets, spare them with 'sysctl -w net.bridge.bridge-nf-call-iptables=0'";
        return writes;
    }

    /// <summary>Puts back what we changed, where it still has our value.</summary>
    public int Restore()
    {
        Warning = null;
        if (Recorded.Count == 0)
            return 0;
        var writes = 0;
        foreach (var (name, setting) in Recorded.Reverse())
        {
            // Another value than ours is somebody's wish.
            if (host.ReadSysctl(name) == setting.Ours)
            {
                host.WriteSysctl(name, setting.Before);
                writes++;
            }
        }
        Recorded.Clear();
        AtomicFile.Delete(file);
        return writes;
    }

    private int Set(string name, string value)
    {
        if (host.ReadSysctl(name) is not { } before || before == value)
            return 0;
        if (Recorded.TryAdd(name, new(before, value)))
            Write();
        host.WriteSysctl(name, value);
        return 1;
    }

    // After a reboot the kernel has its own values again: a record of another boot means nothing.
    private Dictionary<string, RecordedSetting> Read()
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(file), SettingsJson.Default.RecordedSettings);
            return record is { Settings: not null } && record.Boot == Boot.Id ? record.Settings : [];
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            return [];
        }
    }

    private void Write()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        AtomicFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(new RecordedSettings(Boot.Id, Recorded), SettingsJson.Default.RecordedSettings));
    }
}

internal sealed record RecordedSetting(string Before, string Ours);

internal sealed record RecordedSettings(string Boot, Dictionary<string, RecordedSetting> Settings);

[JsonSerializable(typeof(RecordedSettings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
