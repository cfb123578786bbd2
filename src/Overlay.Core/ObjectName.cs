namespace Overlay.Core;

/// <summary>Names of networks, sandboxes, hosts and services: <c>[A-Za-z0-9][A-Za-z0-9_.-]{0,62}</c>.</summary>
public static class ObjectName
{
    public const int MaxLength = 63;

    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength }
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    /// <param name="kind">What is named, for the message: "network", "sandbox", "host", "alias".</param>
    public static string Require(string kind, string? name) =>
        IsValid(name)
            ? name!
            : throw new RefusalException(
                ErrorCodes.InvalidName,
                $"'{name}' cannot name a {kind}: a name starts with a letter or digit and has up to {MaxLength} of a-z A-Z 0-9 _ . -",
                ("kind", kind), ("name", name ?? ""));

    /// <summary>The name of what also has an id: one that looks like an id would hide the object that has that id.</summary>
    public static string RequireUnlikeId(string kind, string? name) =>
        ObjectId.TryParse(name, out _)
            ? throw new RefusalException(
                ErrorCodes.InvalidName, $"'{name}' cannot name a {kind}: 32 hex digits are an id; choose another name", ("kind", kind), ("name", name))
            : Require(kind, name);
}
