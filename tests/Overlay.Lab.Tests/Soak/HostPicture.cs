using Overlay.Lab.Tests.EndToEnd;

namespace Overlay.Lab.Tests.Soak;

/// <summary>All that a host has that could be left behind, as lines that are the same whenever the host is.</summary>
internal static class HostPicture
{
    // Numbers that the kernel gives anew or counts are left out, and so is what it keeps by itself for a while
    // (neighbours of the underlay, connections of the hosts' own). So are overlayd's own folders and its copy of its
    // roster, which it has for as long as it runs and makes when it first needs them.
    private const string Script = """
        ip -o link | sed 's/^[0-9]*: /link /; s/@if[0-9]*//; s/ link-netnsid [0-9]*//'
        ip -o addr | sed 's/^[0-9]*: /address /; s/valid_lft.*//'
        ip route show table all | sed 's/^/route /; s/ expires [0-9a-z]*//'
        ip -6 route show table all | sed 's/^/route6 /; s/ expires [0-9a-z]*//'
        ip rule | sed 's/^/rule /'; ip -6 rule | sed 's/^/rule6 /'
        ip -o neigh | grep -v ' dev eth0 ' | sed 's/^/neighbour /'
        nft list ruleset | sed 's/^/nft /'
        ls /run/netns 2>/dev/null | sed 's/^/namespace /'; ls /etc/netns 2>/dev/null | sed 's/^/namespace files /'
        sysctl -a 2>/dev/null | grep '^net\.' | grep -vE 'nf_conntrack_(count|buckets|max)|neigh\.default\.gc|ipfrag|\.stat_|fib_notify|random|flow_limit' | sed 's/^/sysctl /'
        conntrack -L 2>/dev/null | grep -oE 'src=[0-9a-f.:]* dst=[0-9a-f.:]*' | grep -vE '^src=(10\.231\.|127\.|fd[0-9a-f:]*|fe80|::1|10\.232\.)' | sort -u | sed 's/^/connection /'
        find /run/overlay /var/lib/overlay /etc/netns ! -type d 2>/dev/null | grep -v '/view/roster_' | sed 's/^/file /' | sort
        """;

    public static async Task<IReadOnlyList<string>> Take(LabOfThree lab, string host)
    {
        var seen = (await lab.On(host, "bash -c", Script)).Ok().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. seen.Select(l => l.TrimEnd()).Concat(Processes(lab.Lab.Member(host))).Order(StringComparer.Ordinal)];
    }

    /// <summary>The words of <c>diff</c>, without order.</summary>
    public static IReadOnlyList<string> Differences(IReadOnlyList<string> before, IReadOnlyList<string> after) =>
        [.. before.Except(after).Select(l => "- " + l), .. after.Except(before).Select(l => "+ " + l)];

    // A lab's host has no process table of its own: its processes are those of its mount namespace, and those that a
    // sandbox's files gave another one carry the lab's mark and the host's network as well.
    private static IEnumerable<string> Processes(LabMember host)
    {
        var own = File.ResolveLinkTarget($"/proc/{host.Holder!.Pid}/ns/mnt", false)!.Name;
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            string? command = null;
            try
            {
                if (File.ResolveLinkTarget($"{directory}/ns/mnt", false)?.Name == own)
                    command = File.ReadAllText($"{directory}/cmdline").Replace('\0', ' ').Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended while we looked.
            }
            if (!string.IsNullOrEmpty(command))
                yield return "process " + command;
        }
    }
}
