using System.IO.Pipes;
using Overlay.Lab.Kernel;
using Overlay.Lab.Supervision;

namespace Overlay.Lab.Up;

/// <summary>Starts the processes that hold the members' namespaces.</summary>
internal static class Holders
{
    private static readonly string Script = ReadScript();

    /// <summary>All at once; each is ready, with its namespaces furnished, when this returns.</summary>
    /// <exception cref="IOException">One could not be made; the text says which and why.</exception>
    public static async Task<LabState> StartAsync(LabState lab, LabPaths paths, CancellationToken cancel)
    {
        var environment = ServicePlan.EnvironmentOf(lab);
        var resolver = lab.The(MemberKind.Outside).Address;
        var started = await Task.WhenAll(lab.Members.Select(member => Task.Run(() => StartAsync(member, paths, resolver, environment, cancel), cancel)));
        return lab with { Members = started };
    }

    private static async Task<LabMember> StartAsync(
        LabMember member, LabPaths paths, string resolver, Dictionary<string, string> environment, CancellationToken cancel)
    {
        string[] command =
        [
            // Slave: what the machine unmounts is unmounted here too, and nothing done here is seen there.
            "unshare", "--net", "--mount", "--uts", "--propagation", "slave", "--",
            "bash", "-c", Script, "holder", member.Kind.ToString().ToLowerInvariant(), member.Name, paths.Member(member.Name), resolver,
        ];
        var log = paths.HolderLog(member.Name);
        using var ready = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        var pid = ChildProcess.Start(command, environment, log, [(int)ready.ClientSafePipeHandle.DangerousGetHandle()]);
        var mark = ProcessMark.Read(pid);
        Collect(pid, member.Name);
        // Only the child has the other end now: its death ends the stream.
        ready.DisposeLocalCopyOfClientHandle();
        using var reader = new StreamReader(ready);
        return await reader.ReadLineAsync(cancel) == "ready"
            ? member with { Holder = mark }
            : throw new IOException($"the namespaces of {member.Name} could not be made: {(await File.ReadAllTextAsync(log, cancel)).Trim()}");
    }

    /// <summary>Takes the child's exit status, whenever that is, so that no zombie stays while this process lives.</summary>
    internal static void Collect(int pid, string name) =>
        new Thread(() =>
        {
            ChildProcess.WaitForEnd(pid);
            _ = ChildProcess.Reap(pid);
        }, maxStackSize: 256 * 1024)
        { IsBackground = true, Name = $"waits for {name}" }.Start();

    private static string ReadScript()
    {
        using var stream = typeof(Holders).Assembly.GetManifestResourceStream("holder.sh")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
