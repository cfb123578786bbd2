using System.Diagnostics;

namespace Overlay.Linux.Tests.Agent;

/// <summary>One TCP connection on which numbered blocks go to an echo and come back, one after the other, until it is
/// ended or breaks.</summary>
internal sealed class EchoFlow : IDisposable
{
    private const string Script = """
        import os, socket, sys, time
        address, port, stop = sys.argv[1:]
        s = socket.create_connection((address, int(port)), timeout=10)
        n = 0
        try:
            while not os.path.exists(stop):
                sent = n.to_bytes(4, 'big') * 256
                s.sendall(sent)
                got = b''
                while len(got) < len(sent):
                    part = s.recv(len(sent) - len(got))
                    if not part:
                        raise OSError('closed')
                    got += part
                if got != sent:
                    raise OSError('other bytes')
                n += 1
                print(n, flush=True)
                time.sleep(0.001)
            print('whole')
        except OSError as error:
            print('broken:', error)
        """;

    private readonly string _stop;
    private readonly string _output;
    private readonly Process _process;

    public EchoFlow(TwoHosts world, string space, string address, int port)
    {
        var name = Path.Combine(world.Directory, Guid.NewGuid().ToString("N"));
        (_stop, _output) = ($"{name}.stop", $"{name}.out");
        File.WriteAllText($"{name}.py", Script);
        File.WriteAllText(_output, "");
        _process = Shell.Start($"exec ip netns exec {space} python3 {name}.py {address} {port} {_stop} > {_output}");
        Advances();
    }

    public string Last => File.ReadLines(_output).LastOrDefault() ?? "";

    /// <summary>Waits for blocks that were sent after this call.</summary>
    public void Advances()
    {
        var before = Count;
        Shell.Until(() => Count > before + 1 || _process.HasExited);
        if (_process.HasExited)
            throw new InvalidOperationException($"the flow ended after {before} blocks: {Last}");
    }

    /// <summary>What it says at its end: whole, or broken and why.</summary>
    public string End()
    {
        File.WriteAllText(_stop, "");
        _process.WaitForExit();
        return Last;
    }

    /// <summary>Waits until it breaks by itself.</summary>
    public string Breaks()
    {
        Shell.Until(() => _process.HasExited);
        return Last;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private int Count => File.ReadLines(_output).Count();
}
