using System.Collections.Immutable;
using System.Text;
using Overlay.Agent.Desired;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Names;

namespace Overlay.Agent.Sandboxes;

/// <summary>
/// /etc/netns/NAME/{hosts,resolv.conf}. iproute2 mounts these files over those of /etc: they are rewritten in place and
/// never replaced, so that a running process sees the change. A folder that somebody else prepared stays as it is.
/// </summary>
/// <param name="hostsFile">The host's own.</param>
internal sealed class SandboxFiles(string directory, string hostsFile, NameMarks marks)
{
    // No sandbox has such a name: it stands for the directory itself.
    private const string Itself = "_directory";

    /// <summary>Sandboxes whose folder is here, with its name.</summary>
    public IEnumerable<(ObjectId Sandbox, string Name)> All => marks.All.Where(mark => mark.Key != Itself).Select(mark => (mark.Value.Sandbox, mark.Key));

    /// <summary>Returns how many files it wrote.</summary>
    /// <exception cref="IOException">The folder is somebody else's; the message says what would work.</exception>
    public int Apply(DesiredSandbox sandbox, ResolvConf host)
    {
        var own = Path.Combine(directory, sandbox.Record.Name);
        Claim(own, sandbox.Record.Name, sandbox.Record.Id);
        Directory.CreateDirectory(own);
        return Write(Path.Combine(own, "hosts"), sandbox.HasNamespace ? Hosts(sandbox) : HostsOnTheHost(sandbox)) + Write(Path.Combine(own, "resolv.conf"), Resolv(sandbox, host).Render());
    }

    /// <summary>Takes away what <see cref="Apply"/> has made, and the directory with the last of them if it made that too.</summary>
    public void Remove(string name)
    {
        if (marks.Find(name) is null)
            return;
        var own = Path.Combine(directory, name);
        if (Directory.Exists(own))
        {
            File.Delete(Path.Combine(own, "hosts"));
            File.Delete(Path.Combine(own, "resolv.conf"));
            DeleteIfEmpty(own);
        }
        marks.Remove(name);
        if (marks.Find(Itself) is null || All.Any())
            return;
        DeleteIfEmpty(directory);
        marks.Remove(Itself);
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

    // As in Docker: the host's own, and what was asked for. The first match wins, and that is to be the latter.
    private string HostsOnTheHost(DesiredSandbox sandbox)
    {
        var loopback = Address.Parse("127.0.0.1");
        var added = sandbox.Record.ExtraHosts.Select(extra => $"{extra.Address ?? loopback}\t{extra.Name}\n");
        return string.Concat(added) + (File.Exists(hostsFile) ? File.ReadAllText(hostsFile) : "");
    }

    private void Claim(string own, string name, ObjectId sandbox)
    {
        if (marks.Find(name)?.Sandbox == sandbox)
            return;
        if (marks.Find(name) is null && Directory.Exists(own))
            throw new IOException($"{own} is there and not ours; move it away, or give the sandbox another name");
        if (!Directory.Exists(directory))
            marks.Add(Itself, sandbox);
        marks.Add(name, sandbox);
    }

    private static void DeleteIfEmpty(string path)
    {
        if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
            Directory.Delete(path);
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
