using System.Collections.Immutable;
using System.Text;
using Overlay.Agent.Desired;
using Overlay.Core.Addressing;
using Overlay.Core.Names;

namespace Overlay.Agent.Sandboxes;

/// <summary>
/// /etc/netns/NAME/{hosts,resolv.conf}. iproute2 mounts these files over those of /etc: they are rewritten in place and
/// never replaced, so that a running process sees the change.
/// </summary>
internal sealed class SandboxFiles(string directory)
{
    /// <summary>Returns how many files it wrote.</summary>
    public int Apply(DesiredSandbox sandbox, ResolvConf host)
    {
        var own = Path.Combine(directory, sandbox.Record.Name);
        Directory.CreateDirectory(own);
        return Write(Path.Combine(own, "hosts"), Hosts(sandbox)) + Write(Path.Combine(own, "resolv.conf"), Resolv(sandbox, host).Render());
    }

    public void Remove(string name)
    {
        var own = Path.Combine(directory, name);
        if (!Directory.Exists(own))
            return;
        File.Delete(Path.Combine(own, "hosts"));
        File.Delete(Path.Combine(own, "resolv.conf"));
        if (!Directory.EnumerateFileSystemEntries(own).Any())
            Directory.Delete(own);
        if (!Directory.EnumerateFileSystemEntries(directory).Any())
            Directory.Delete(directory);
    }

    internal static ResolvConf Resolv(DesiredSandbox sandbox, ResolvConf host)
    {
        var record = sandbox.Record;
        ImmutableArray<string> search = record.DnsSearch.IsEmpty ? host.Search : record.DnsSearch;
        ImmutableArray<string> options = record.DnsOptions.IsEmpty ? host.Options : record.DnsOptions;
        return sandbox.HasNames
            ? ResolvConf.ForSandbox(search, options)
            : new ResolvConf(record.DnsServers.IsEmpty ? host.Servers : record.DnsServers, search, options);
    }

    internal static string Hosts(DesiredSandbox sandbox)
    {
        var record = sandbox.Record;
        var gateways = sandbox.Attachments.SelectMany(a => a.Gateways).ToArray();
        var added = record.ExtraHosts.SelectMany(extra =>
            (extra.Address is { } address ? [address] : gateways).Select(a => new HostsEntry(a, extra.Name)));
        string[] names = record.Hostname == record.Name ? [record.Name] : [record.Hostname, record.Name];
        var own = sandbox.Attachments.SelectMany(a => a.Addresses).Select(a => new HostsEntry(a.Address, names)).ToArray();
        return HostsFile.Render(added, own.Length > 0 ? own : [new HostsEntry(Address.Parse("127.0.1.1"), names)]);
    }

    private static int Write(string path, string text)
    {
        var content = Encoding.UTF8.GetBytes(text);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
            return 0;
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        file.Write(content);
        file.SetLength(content.Length);
        return 1;
    }
}
