using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Overlay.Tests.Structure;

/// <summary>Who may know whom (src/DESIGN.md, Rooms). A new arrow is a decision: it is made here first.</summary>
public sealed partial class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Overlay.Core"] = [],
        ["Overlay.Contracts"] = ["Overlay.Core"],
        ["Overlay.Grains"] = ["Overlay.Core", "Overlay.Contracts"],
        ["Overlay.Linux"] = ["Overlay.Core"],
        ["Overlay.Dns"] = ["Overlay.Core"],
        ["Overlay.Agent"] = ["Overlay.Core", "Overlay.Contracts", "Overlay.Linux", "Overlay.Dns"],
        ["Overlay.Node"] = ["Overlay.Core", "Overlay.Contracts", "Overlay.Grains", "Overlay.Linux", "Overlay.Dns", "Overlay.Agent"],
        ["Overlay.Lab"] = ["Overlay.Core", "Overlay.Contracts", "Overlay.Linux"],
        ["Overlay.Cli"] = ["Overlay.Core", "Overlay.Contracts", "Overlay.Linux", "Overlay.Lab"],
    };

    public static TheoryData<string> Rooms => [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src"))
        .Where(d => Directory.GetFiles(d, "*.csproj").Length > 0)
        .Select(d => Path.GetFileName(d)!)];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_ProjectReferences_StayWithinTheAllowedDirections(string room)
    {
        Assert.True(Allowed.ContainsKey(room), $"{room} is a new room: say in this test and in src/DESIGN.md whom it may know");
        var references = Project(room).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(Allowed[room]));
    }

    [Fact]
    public void Core_HasNoPackages() => Assert.Empty(Project("Overlay.Core").Descendants("PackageReference"));

    [Fact]
    public void Core_HasNoClockNoRandomnessNoTasksAndNoFiles()
    {
        string[] banned = ["DateTime.Now", "DateTime.UtcNow", "DateTimeOffset.UtcNow", "Guid.NewGuid", "Random.Shared", "new Random(",
            "System.Threading.Tasks", "async ", "File.", "Environment.", "Stopwatch"];
        var found = from path in Repository.Sources("src/Overlay.Core")
                    from line in File.ReadLines(path)
                    let code = line.TrimStart()
                    where !code.StartsWith("//", StringComparison.Ordinal)
                    from word in banned
                    where code.Contains(word, StringComparison.Ordinal)
                    select $"{Path.GetFileName(path)}: {code}";
        Assert.Empty(found);
    }

    [Fact]
    public void Linux_HasNoDomainWords()
    {
        var found = from path in Repository.Sources("src/Overlay.Linux")
                    from line in File.ReadLines(path)
                    where DomainWord().IsMatch(line)
                    select $"{Path.GetFileName(path)}: {line.Trim()}";
        Assert.Empty(found);
    }

    [GeneratedRegex(@"\b(sandbox(es)?|leases?|rosters?|services?)\b", RegexOptions.IgnoreCase)]
    private static partial Regex DomainWord();

    private static XDocument Project(string room) => XDocument.Load(Path.Combine(Repository.Root, "src", room, room + ".csproj"));
}
