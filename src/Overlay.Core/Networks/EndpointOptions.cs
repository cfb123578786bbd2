using System.Collections.Immutable;
using Overlay.Core.Fabric;

namespace Overlay.Core.Networks;

/// <summary>What --driver-opt may say of one endpoint, on every driver: how its interface is called, and its settings.</summary>
public sealed record EndpointOptions
{
    public const string InterfaceNameOption = "ifname";
    public const string SysctlsOption = "sysctls";

    /// <summary>Stands in a setting's name for whatever the interface is called.</summary>
    public const string Placeholder = "IFNAME";

    private const string DockersPrefix = "com.docker.network.endpoint.";
    private const int LongestName = 15;
    private const int MostSysctls = 64;
    private const int LongestValue = 128;
    private const string SysctlForm = $"net.{{ipv4,ipv6,mpls}}.{{conf,neigh}}.{Placeholder}.NAME=VALUE, with the word {Placeholder} for the interface, like net.ipv4.conf.{Placeholder}.log_martians=1";

    private static readonly ImmutableArray<string> Known = [InterfaceNameOption, SysctlsOption];

    /// <summary>Null: the next free one.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>net.ipv4.conf.IFNAME.log_martians → 1.</summary>
    public ImmutableDictionary<string, string> Sysctls { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <exception cref="RefusalException">unknown-option, naming the known ones; invalid-argument.</exception>
    public static EndpointOptions Parse(IEnumerable<KeyValuePair<string, string>> options)
    {
        var parsed = new Dictionary<string, string>();
        foreach (var (given, value) in options)
        {
            var key = given.StartsWith(DockersPrefix, StringComparison.Ordinal) ? given[DockersPrefix.Length..] : given;
            if (!Known.Contains(key))
            {
                throw new RefusalException(
                    ErrorCodes.UnknownOption,
                    $"an endpoint has no driver option '{given}'{NearestName.Hint(given, Known)}; it knows {string.Join(", ", Known)}",
                    ("option", given), ("known", string.Join(",", Known)));
            }
            if (!parsed.TryAdd(key, value))
                throw Invalid(key, value, $"driver option {key} is given twice (Docker's long name counts too); give it once");
        }
        return new()
        {
            InterfaceName = parsed.TryGetValue(InterfaceNameOption, out var name) ? RequireName(name) : null,
            Sysctls = parsed.TryGetValue(SysctlsOption, out var sysctls) ? ParseSysctls(sysctls) : ImmutableDictionary<string, string>.Empty,
        };
    }

    private static string RequireName(string name) =>
        name.Length is > 0 and <= LongestName && name is not ("lo" or "." or "..") && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? name
            : throw Invalid(InterfaceNameOption, name, $"'{name}' cannot name a link; use up to {LongestName} of a-z A-Z 0-9 - _ .");

    private static ImmutableDictionary<string, string> ParseSysctls(string text)
    {
        var sysctls = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var part in text.Split(','))
        {
            var equals = part.IndexOf('=');
            var (name, value) = equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
            if (!IsOfTheInterface(name))
                throw Invalid(SysctlsOption, part, $"'{part}' is no setting of the endpoint's interface; the form is {SysctlForm}");
            if (value.Trim().Length == 0 || value.Length > LongestValue || value.Any(c => !char.IsAscii(c) || char.IsControl(c)))
                throw Invalid(SysctlsOption, part, $"'{part}' gives {name} no value; the form is {SysctlForm}");
            if (!sysctls.TryAdd(name, value.Trim()))
                throw Invalid(SysctlsOption, part, $"{name} is set twice; set it once");
        }
        return sysctls.Count <= MostSysctls
            ? sysctls.ToImmutable()
            : throw Invalid(SysctlsOption, text, $"an endpoint can have {MostSysctls} settings, and these are {sysctls.Count}");
    }

    // Anything else would be a setting of the whole sandbox, or of another endpoint's interface.
    private static bool IsOfTheInterface(string name) =>
        name.Split('.') is ["net", "ipv4" or "ipv6" or "mpls", "conf" or "neigh", Placeholder, { Length: > 0 } last]
        && last.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    private static RefusalException Invalid(string option, string value, string message) =>
        new(ErrorCodes.InvalidArgument, message, ("option", option), ("value", value));
}
