using System.Diagnostics;
using Overlay.Lab.Down;
using Xunit;

namespace Overlay.Lab.Tests.Down;

public sealed class LabProcessesTests
{
    [Theory]
    [InlineData(MemberKind.Switch)]
    [InlineData(MemberKind.Host)]
    public void Find_BesideNamedNamespacesOfTheMachine_LeavesTheirProcessesAlone(MemberKind kind)
    {
        var name = $"not-the-labs-{Guid.NewGuid():N}"[..24];
        Run("ip", "netns", "add", name);
        // A holder that still sees the machine's own /run, as the switch's always does.
        using var holder = Process.Start("unshare", ["--net", "--mount", "--propagation", "slave", "--", "sleep", "300"]);
        using var stranger = Process.Start("ip", ["netns", "exec", name, "sleep", "300"]);
        try
        {
            Assert.True(SpinWait.SpinUntil(() => Entered(holder) && Entered(stranger), TimeSpan.FromSeconds(10)));
            var processes = new LabProcesses(LabWith(new LabMember("m", kind, "", "", ProcessMark.Read(holder.Id))));

            processes.LearnNamespaces();

            var found = processes.Find();
            Assert.Contains(holder.Id, found);
            Assert.DoesNotContain(stranger.Id, found);
        }
        finally
        {
            holder.Kill();
            stranger.Kill();
            Run("ip", "netns", "del", name);
        }
    }

    private static LabState LabWith(LabMember member) =>
        new("t", Guid.NewGuid().ToString("N"), "t", 0, "", false, false, 1500, "", "", "", null, [member], null);

    // Both replace themselves by sleep once they are inside.
    private static bool Entered(Process process) => File.ReadAllText($"/proc/{process.Id}/comm").Trim() == "sleep";

    private static void Run(params string[] command)
    {
        using var process = Process.Start(command[0], command[1..]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
