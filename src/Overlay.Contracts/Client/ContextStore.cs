using System.Text.Json;
using Overlay.Core;

namespace Overlay.Contracts.Client;

/// <summary>
/// The contexts of one user: a file NAME.json each, and a file <c>current</c> that holds the name of the one in use.
/// </summary>
public sealed class ContextStore(string directory)
{
    private const string Extension = ".json";
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Names the directory, when it is not the default one.</summary>
    public const string DirectoryVariable = "OVERLAY_CONTEXT_DIR";

    /// <summary>Names the context to use, before <see cref="Current"/>.</summary>
    public const string ContextVariable = "OVERLAY_CONTEXT";

    public string Directory { get; } = directory;

    private string CurrentFile => Path.Combine(Directory, "current");

    public static ContextStore Default() => new(
        Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } chosen
            ? chosen
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
                ".config", "overlay", "contexts"));

    /// <summary>The name in use, or null; it may name a context that is gone.</summary>
    public string? Current =>
        File.Exists(CurrentFile) && File.ReadAllText(CurrentFile).Trim() is { Length: > 0 } name ? name : null;

    public IReadOnlyList<string> Names() =>
        System.IO.Directory.Exists(Directory)
            ? [.. System.IO.Directory.EnumerateFiles(Directory, "*" + Extension)
                .Select(file => Path.GetFileNameWithoutExtension(file))
                .Order(StringComparer.Ordinal)]
            : [];

    public OverlayContext? Find(string name)
    {
        if (!ObjectName.IsValid(name) || !File.Exists(FileOf(name)))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(FileOf(name)), ContextJson.Default.OverlayContext);
        }
        catch (JsonException broken)
        {
            throw new RefusalException(
                ErrorCodes.InvalidArgument,
                $"context '{name}' is not readable: {FileOf(name)}: {broken.Message}; remove it with 'overlay context rm {name}'",
                ("context", name), ("file", FileOf(name)));
        }
    }

    public OverlayContext Get(string name) => Find(name) ?? throw Missing(name);

    /// <summary>The context to talk to: the named one, else $OVERLAY_CONTEXT, else the one in use.</summary>
    public OverlayContext Resolve(string? name = null)
    {
        var chosen = name ?? Environment.GetEnvironmentVariable(ContextVariable);
        chosen = string.IsNullOrEmpty(chosen) ? Current : chosen;
        return chosen is null
            ? throw new RefusalException(
                ErrorCodes.NotFound,
                "no cluster to talk to: no context is in use; choose one with 'overlay context use NAME', or make a lab with 'overlay lab up --hosts 3'")
            : Get(chosen);
    }

    public void Save(OverlayContext context)
    {
        ObjectName.Require("context", context.Name);
        System.IO.Directory.CreateDirectory(Directory);
        Replace(FileOf(context.Name), context.ToJson());
    }

    public void Use(string name)
    {
        _ = Get(name);
        Replace(CurrentFile, name + "\n");
    }

    /// <summary>Removes the context; if it was the one in use, none is. Returns whether there was one.</summary>
    public bool Remove(string name)
    {
        if (!ObjectName.IsValid(name) || !File.Exists(FileOf(name)))
        {
            return false;
        }
        File.Delete(FileOf(name));
        if (Current == name)
        {
            File.Delete(CurrentFile);
        }
        return true;
    }

    public RefusalException Missing(string name)
    {
        var names = Names();
        var known = names.Count == 0 ? "there is none yet: 'overlay lab up' writes one" : $"there is: {string.Join(", ", names)}";
        return new RefusalException(ErrorCodes.NotFound, $"no context '{name}' in {Directory}; {known}", ("context", name));
    }

    private string FileOf(string name) => Path.Combine(Directory, name + Extension);

    // Another process may read at any moment: it finds the old text or the new one, never half.
    private static void Replace(string path, string text)
    {
        var half = $"{path}.{Environment.ProcessId}.new";
        File.WriteAllText(half, text);
        File.SetUnixFileMode(half, OnlyOwner);
        File.Move(half, path, overwrite: true);
    }
}
