using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Ports;

/// <summary>A published port takes its packets before any program sees them: who listens there already must be told.</summary>
internal static class PortGuard
{
    private const int AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, SOCK_DGRAM = 2, EADDRINUSE = 98;

    /// <summary>Null when the port is free on the host; else who holds it.</summary>
    public static string? Holder(INetNamespace host, PublishedPort port)
    {
        var address = port.HostAddress ?? Address.V4(0);
        try
        {
            using var socket = new Socket(host.OpenSocket(address.IsV4 ? AF_INET : AF_INET6, port.Protocol == "udp" ? SOCK_DGRAM : SOCK_STREAM, 0));
            // Without it, connections that ended a minute ago would count as holders.
            if (port.Protocol == "tcp")
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address.ToIPAddress(), port.HostPort));
            return null;
        }
        catch (SocketException error) when (error.NativeErrorCode == EADDRINUSE || error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return $"port {port.HostPort}/{port.Protocol} of this host is taken by {NameOfHolder(port) ?? "another program"}; stop it, or publish another port";
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            return $"port {port.HostPort}/{port.Protocol} cannot be published at {address}: this host has no such address";
        }
        catch (Exception error) when (error is KernelException or SocketException)
        {
            return $"port {port.HostPort}/{port.Protocol} cannot be looked at: {error.Message}";
        }
    }

    private static string? NameOfHolder(PublishedPort port)
    {
        var inodes = new[] { "", "6" }.SelectMany(family => Inodes($"/proc/net/{port.Protocol}{family}", port)).ToHashSet();
        if (inodes.Count == 0)
            return null;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                if (Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                    .Any(fd => File.ResolveLinkTarget(fd, returnFinalTarget: false)?.Name is { } target && inodes.Contains(target)))
                    return $"{File.ReadAllText(Path.Combine(process, "comm")).Trim()} (pid {Path.GetFileName(process)})";
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }
        return null;
    }

    // /proc/net/tcp: "sl local_address rem_address st … inode"; state 0A is LISTEN, 07 an unconnected UDP socket.
    private static IEnumerable<string> Inodes(string table, PublishedPort port)
    {
        var suffix = ":" + port.HostPort.ToString("X4", CultureInfo.InvariantCulture);
        return File.Exists(table)
            ? from line in File.ReadLines(table)
              let words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
              where words.Length > 9 && words[1].EndsWith(suffix, StringComparison.Ordinal) && words[3] is "0A" or "07"
              select $"socket:[{words[9]}]"
            : [];
    }
}
