using Microsoft.Extensions.Hosting;
using Overlay.Node.Configuration;
using Overlay.Node.Hosting;
using Overlay.Node.Supervision;

const int CannotRun = 1;
const int WrongConfiguration = 2;

// First of all: until then the descriptors could leak into a child.
var inherited = InheritedSockets.Take();

if (args is ["--help" or "-h"])
{
    Console.Out.Write(Help.Text());
    return 0;
}
if (args is ["--version"])
{
    Console.Out.WriteLine($"overlayd {Help.Version}");
    return 0;
}

var (options, errors) = NodeOptionsReader.Read(args, Environment.GetEnvironmentVariable, Environment.MachineName);
if (options is null)
{
    foreach (var error in errors)
        Console.Error.WriteLine($"overlayd: {error}");
    return WrongConfiguration;
}
if (options.HasAgent && Privileges.Missing(File.ReadAllText("/proc/self/status")) is { } missing)
{
    Console.Error.WriteLine($"overlayd: {missing}");
    return CannotRun;
}

try
{
    NodeDirectories.Create(options);
    var notify = NotifySocket.Open(Environment.GetEnvironmentVariable(NotifySocket.Variable), Console.Error);
    // The supervisor is ours: a workload that speaks its protocol must not speak for us.
    Environment.SetEnvironmentVariable(NotifySocket.Variable, null);
    using var node = NodeApplication.Create(options, notify, inherited, Environment.GetEnvironmentVariable);
    await node.RunAsync();
    return 0;
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
{
    Console.Error.WriteLine($"overlayd: cannot run: {error.GetBaseException().Message}");
    return CannotRun;
}
