using System.Text.Json;
using System.Text.Json.Serialization;

namespace Overlay.Lab;

/// <summary>What a member of the lab is for.</summary>
public enum MemberKind
{
    Switch,
    Redis,
    Outside,
    Host,
}

/// <summary>One machine of the lab.</summary>
/// <param name="Holder">The process that holds its namespaces; null until it runs.</param>
public sealed record LabMember(string Name, MemberKind Kind, string Address, string Address6, ProcessMark? Holder)
{
    /// <summary>Words that enter its namespaces, to be put before a command.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Enter => Holder is { } holder
        ? ["nsenter", $"--net=/proc/{holder.Pid}/ns/net", $"--mount=/proc/{holder.Pid}/ns/mnt", $"--uts=/proc/{holder.Pid}/ns/uts", "--"]
        : throw new InvalidOperationException($"{Name} is not up");
}

/// <summary>
/// All that is known of a lab, in its directory as lab.json. It is written before the first thing is made, so that
/// whoever comes after a crash knows what to look for.
/// </summary>
/// <param name="Id">Random; in the environment of every process that the lab starts, and in the names of its links.</param>
/// <param name="PreviousContext">The context that was in use before, to be put back.</param>
public sealed record LabState(
    string Name,
    string Id,
    string Cluster,
    int Segment,
    string Ula,
    bool Uplink,
    bool EmbeddedStore,
    int UnderlayMtu,
    string Overlayd,
    string Overlay,
    string ContextDirectory,
    string? PreviousContext,
    IReadOnlyList<LabMember> Members,
    ProcessMark? Supervisor)
{
    /// <summary>In the environment of every process of the lab, with <see cref="Id"/> as its value.</summary>
    public const string Variable = "OVERLAY_LAB";

    [JsonIgnore]
    public IEnumerable<LabMember> Hosts => Members.Where(m => m.Kind == MemberKind.Host);

    /// <summary>The link in the machine's own namespace.</summary>
    [JsonIgnore]
    public string ManagementLink => $"olm{Id[..11]}";

    public LabMember? Find(string name) => Members.FirstOrDefault(m => m.Name == name);

    public LabMember The(MemberKind kind) => Members.Single(m => m.Kind == kind);

    internal static LabState? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), LabJson.Default.LabState);
        }
        catch (Exception broken) when (broken is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal void Write(string file)
    {
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(this, LabJson.Default.LabState));
        File.Move(file + ".new", file, overwrite: true);
    }
}
