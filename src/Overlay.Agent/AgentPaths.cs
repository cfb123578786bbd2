using Overlay.Core;

namespace Overlay.Agent;

/// <summary>Where the agent keeps what it must remember: the one place that spells it.</summary>
internal sealed class AgentPaths(AgentOptions options)
{
    public string View => Path.Combine(options.StateDirectory, "view");

    public string Settings => Path.Combine(options.StateDirectory, "sysctls.json");

    public string HostTableMemory => Path.Combine(options.StateDirectory, "nftables", "host");

    public string GuardTableMemory => Path.Combine(options.StateDirectory, "nftables", "guard");

    /// <summary>Ours among the namespaces; ends with a reboot, as they do.</summary>
    public string NamespaceMarks => Path.Combine(options.RunDirectory, "netns");

    /// <summary>Ours among the folders of <see cref="AgentOptions.NamespaceFiles"/>; outlives a reboot, as they do.</summary>
    public string FileMarks => Path.Combine(options.StateDirectory, "netns");

    public string TableMemory(ObjectId sandbox) => Path.Combine(options.StateDirectory, "nftables", sandbox.ToString());

    /// <summary>Directories with files that are replaced as a whole.</summary>
    public IEnumerable<string> Written => [options.StateDirectory, View, Path.GetDirectoryName(HostTableMemory)!, FileMarks, NamespaceMarks];

    public string Commands => Path.Combine(options.StateDirectory, "sandboxes");

    public string Command(ObjectId sandbox) => Path.Combine(Commands, sandbox.ToString());
}
