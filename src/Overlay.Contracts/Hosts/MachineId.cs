namespace Overlay.Contracts.Hosts;

/// <summary>
/// What tells one machine from another of the same host name: /etc/machine-id (machine-id(5)). Containers often have
/// none; there it is made once and kept with overlayd's state.
/// </summary>
public static class MachineId
{
    public const string File = "/etc/machine-id";
    public const string StateDirectory = "/var/lib/overlay";

    private const string OwnFile = "machine-id";

    /// <summary>Null: neither file says anything.</summary>
    public static string? Find(string file, string stateDirectory) => Read(file) ?? Read(Path.Combine(stateDirectory, OwnFile));

    public static string FindOrMake(string file, string stateDirectory)
    {
        if (Find(file, stateDirectory) is { } id)
            return id;
        var made = Guid.NewGuid().ToString("N");
        Directory.CreateDirectory(stateDirectory);
        System.IO.File.WriteAllText(Path.Combine(stateDirectory, OwnFile), made + "\n");
        return made;
    }

    private static string? Read(string file) =>
        System.IO.File.Exists(file) && System.IO.File.ReadAllText(file).Trim() is { Length: > 0 } id ? id : null;
}
