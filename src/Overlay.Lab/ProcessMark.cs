using System.Globalization;

namespace Overlay.Lab;

/// <summary>
/// A process, told apart from a later one that got the same id by the moment of its start.
/// </summary>
/// <param name="StartTicks">proc_pid_stat(5), field 22: clock ticks since boot.</param>
public sealed record ProcessMark(int Pid, long StartTicks)
{
    private const int StateField = 0;
    private const int StartField = 19;

    public bool IsAlive => Read(Pid) is { } now && now.StartTicks == StartTicks;

    /// <summary>Null when there is no such process, or only its zombie.</summary>
    public static ProcessMark? Read(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // The name stands in parentheses and may hold spaces and parentheses itself: count from the last one.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[StateField] is "Z" or "X"
                ? null
                : new ProcessMark(pid, long.Parse(fields[StartField], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
