using System.Collections.Immutable;
using System.Globalization;
using Overlay.Cli.App;
using Overlay.Contracts.Grains;
using Overlay.Core.Addressing;

namespace Overlay.Cli.Sandboxes;

/// <summary>--network NET, or Docker's long form name=NET,ip=…,ip6=…,alias=…,mac-address=…,gw-priority=…,driver-opt=K=V; a field with a comma in double quotes.</summary>
internal static class AttachmentFlag
{
    private const string Keys = "name, ip, ip6, alias, mac-address, gw-priority, driver-opt";

    public static NetworkAttachment Parse(string text)
    {
        if (text.Length == 0)
            throw new FormatException("a network's name is missing");
        if (!text.Contains('='))
            return new() { Network = text };

        string? network = null;
        var options = new ConnectOptions();
        foreach (var field in CsvFields.Split(text))
        {
            var (key, value) = Flags.ParsePair(field);
            if (value.Length == 0)
                throw new FormatException($"'{field}' in '{text}' is not KEY=VALUE");
            if (key == "name")
                network = value;
            else
                options = With(options, key, value);
        }
        return network is null
            ? throw new FormatException($"'{text}' does not say which network: name=NETWORK,…")
            : new() { Network = network, Options = options };
    }

    public static int ParsePriority(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var priority)
            ? priority
            : throw new FormatException($"'{text}' is not a whole number");

    private static ConnectOptions With(ConnectOptions options, string key, string value) => key switch
    {
        "ip" => options with { Ip = Flags.ParseAddress(value, v4: true) },
        "ip6" => options with { Ip6 = Flags.ParseAddress(value, v4: false) },
        "alias" => options with { Aliases = options.Aliases.Add(value) },
        "mac-address" => options with { Mac = MacAddress.Parse(value) },
        "gw-priority" => options with { GatewayPriority = ParsePriority(value) },
        "driver-opt" => options with { DriverOptions = AddOption(options.DriverOptions, value) },
        // The second of several settings.
        _ when key.StartsWith("net.", StringComparison.Ordinal) => throw new FormatException(
            $"'{key}' is not known in --network; a driver-opt with a comma goes in double quotes: name=NETWORK,\"driver-opt=sysctls=…,{key}={value}\""),
        _ => throw new FormatException($"'{key}' is not known in --network; there is: {Keys}"),
    };

    private static ImmutableDictionary<string, string> AddOption(ImmutableDictionary<string, string> options, string text)
    {
        var (key, value) = Flags.ParsePair(text);
        return options.SetItem(key, value);
    }
}
