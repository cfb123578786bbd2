using System.Globalization;
using System.Net;
using Overlay.Contracts.Security;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Node.Configuration;

/// <summary>
/// Judges every setting, even after one has failed: whoever starts overlayd sees all errors at once, each with the
/// setting's name and with what would work.
/// </summary>
internal sealed class NodeOptionsReader
{
    private const int DefaultSiloPort = 11111;
    private const int DefaultGatewayPort = 30000;
    private const int DefaultVxlanPort = 4789;

    private readonly SettingValues _values;
    private readonly List<string> _errors;

    private NodeOptionsReader(SettingValues values)
    {
        _values = values;
        _errors = [.. values.Errors];
    }

    /// <summary>Either options, or at least one error.</summary>
    public static (NodeOptions? Options, IReadOnlyList<string> Errors) Read(
        IReadOnlyList<string> arguments, Func<string, string?> environment, string machineName)
    {
        var reader = new NodeOptionsReader(SettingValues.Read(arguments, environment));
        var options = reader.ReadAll(machineName);
        return reader._errors.Count == 0 ? (options, []) : (null, reader._errors);
    }

    private NodeOptions ReadAll(string machineName)
    {
        var role = ReadRole();
        var tunnel = ReadTunnelAddress(role);
        var certificates = _values[Setting.Certificates];
        var home = certificates is null ? IPAddress.Loopback : tunnel?.ToIPAddress() ?? IPAddress.Loopback;
        var silo = ReadServed(Setting.SiloAddress, new IPEndPoint(home, DefaultSiloPort), certificates);
        var gateway = ReadServed(Setting.GatewayAddress, new IPEndPoint(silo.Address, DefaultGatewayPort), certificates);
        if (silo.Equals(gateway))
            _errors.Add($"{Setting.GatewayAddress}: {gateway} is the silo's address too; choose another port, {gateway.Address}:{DefaultGatewayPort}");
        var hostName = ReadName(Setting.HostName, "host", machineName);
        if (certificates is not null)
            CheckCertificates(certificates, hostName);
        return new NodeOptions
        {
            Cluster = ReadName(Setting.Cluster, "cluster", "overlay"),
            HostName = hostName,
            Redis = ReadRedis(),
            RedisPassword = ReadPassword(),
            RedisTls = ReadRedisTls(certificates),
            TunnelAddress = tunnel,
            Silo = silo,
            Gateway = gateway,
            Certificates = certificates,
            StateDirectory = ReadDirectory(Setting.StateDir),
            RunDirectory = ReadDirectory(Setting.RunDir),
            Role = role,
            ResolvConf = ReadFilePath(Setting.ResolvConf),
            VxlanPort = ReadPort(Setting.VxlanPort, DefaultVxlanPort),
        };
    }

    private NodeRole ReadRole()
    {
        switch (_values[Setting.RoleName])
        {
            case null or "all":
                return NodeRole.All;
            case "control":
                return NodeRole.Control;
            case "agent":
                return NodeRole.Agent;
            case var other:
                Wrong(Setting.RoleName, other, "must be all, control or agent");
                return NodeRole.All;
        }
    }

    private string ReadName(Setting setting, string kind, string fallback)
    {
        var name = _values[setting] ?? fallback;
        try
        {
            return ObjectName.Require(kind, name);
        }
        catch (RefusalException refusal)
        {
            _errors.Add($"{setting}: {refusal.Message}");
            return name;
        }
    }

    private DnsEndPoint? ReadRedis()
    {
        switch (_values[Setting.Store])
        {
            case "embedded":
                if (_values[Setting.Redis] is { } unused)
                    Wrong(Setting.Redis, unused, $"is not used with {Setting.Store.Flag} embedded; leave one of them out");
                return null;
            case not (null or "redis") and var other:
                Wrong(Setting.Store, other, "must be redis or embedded");
                return null;
        }
        const string Works = "must be HOST:PORT: 10.0.0.5:6379, redis.example.org:6379 or [fd00::5]:6379";
        if (_values[Setting.Redis] is not { } text)
            _errors.Add($"{Setting.Redis}: is required, and {Works}");
        else if (text.LastIndexOf(':') is var colon and > 0
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue
            && Uri.CheckHostName(text[..colon]) != UriHostNameType.Unknown)
            return new DnsEndPoint(text[..colon].Trim('[', ']'), port);
        else
            Wrong(Setting.Redis, text, Works);
        return new DnsEndPoint("localhost", 6379);
    }

    private bool ReadRedisTls(string? certificates)
    {
        switch (_values[Setting.RedisTls])
        {
            case null or "false":
                return false;
            case "true" when certificates is null:
                Wrong(Setting.RedisTls, "true", $"needs {Setting.Certificates.Flag} DIR: its ca.crt tells the right Redis from another");
                return false;
            case "true":
                return true;
            case var other:
                Wrong(Setting.RedisTls, other, "must be true or false");
                return false;
        }
    }

    private string? ReadPassword()
    {
        if (_values[Setting.RedisPasswordFile] is not { } path)
            return null;
        try
        {
            var password = File.ReadAllText(path).TrimEnd('\r', '\n');
            if (password.Length > 0)
                return password;
            Wrong(Setting.RedisPasswordFile, path, "is empty; it must hold the password of Redis (requirepass) on one line");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Wrong(Setting.RedisPasswordFile, path, $"cannot be read: {error.Message}");
        }
        return null;
    }

    private Address? ReadTunnelAddress(NodeRole role)
    {
        const string Works = "must be an address of this host that the other hosts reach, like 10.0.0.1";
        if (_values[Setting.TunnelAddress] is not { } text)
        {
            if (role != NodeRole.Control)
                _errors.Add($"{Setting.TunnelAddress}: is required, and {Works} (only --role control does without)");
            return null;
        }
        if (Address.TryParse(text, out var address) && address.ToIPAddress() is var ip && !IPAddress.IsLoopback(ip) && !IsWildcard(ip))
            return address;
        Wrong(Setting.TunnelAddress, text, Works);
        return null;
    }

    private IPEndPoint ReadServed(Setting setting, IPEndPoint fallback, string? certificates)
    {
        if (_values[setting] is not { } text)
            return fallback;
        if (!IPEndPoint.TryParse(text, out var endpoint) || endpoint.Port == 0)
            Wrong(setting, text, $"must be IP:PORT, like {fallback}");
        else if (IsWildcard(endpoint.Address))
            Wrong(setting, text, $"is told to the other hosts, so it must be one address of this host, like {fallback}");
        else if (certificates is null && !IPAddress.IsLoopback(endpoint.Address))
            Wrong(setting, text, $"without certificates only loopback is served; give {Setting.Certificates.Flag} DIR (ca.crt, host.crt, host.key) or use 127.0.0.1:{endpoint.Port}");
        else
            return endpoint;
        return fallback;
    }

    private void CheckCertificates(string directory, string hostName)
    {
        try
        {
            using var tls = MutualTls.Load(directory, MutualTls.HostFile, TimeProvider.System);
            if (tls.Name != hostName)
                Wrong(Setting.Certificates, directory, $"host.crt is the certificate of '{tls.Name}', and this host is '{hostName}'; give this host's own, or {Setting.HostName.Flag} {tls.Name}");
        }
        catch (RefusalException refusal)
        {
            _errors.Add($"{Setting.Certificates}: {refusal.Message}");
        }
    }

    private string ReadDirectory(Setting setting)
    {
        var path = _values[setting] ?? setting.Default;
        if (!Path.IsPathRooted(path))
            Wrong(setting, path, $"must be an absolute path, like {setting.Default}");
        else if (File.Exists(path))
            Wrong(setting, path, "is a file; it must be a directory, or a path where one can be made");
        return path;
    }

    private string ReadFilePath(Setting setting)
    {
        var path = _values[setting] ?? setting.Default;
        if (!File.Exists(path))
            Wrong(setting, path, "there is no such file; it must be a resolv.conf (an empty one means: no upstream servers)");
        return path;
    }

    private int ReadPort(Setting setting, int fallback)
    {
        if (_values[setting] is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= ushort.MaxValue)
            return port;
        Wrong(setting, text, $"must be a port from 1 to {ushort.MaxValue}");
        return fallback;
    }

    private void Wrong(Setting setting, string value, string why) => _errors.Add($"{setting} {value}: {why}");

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
