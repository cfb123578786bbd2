using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Overlay.Benchmarks.Probes;

/// <summary>
/// The watching half of a measure, as a process inside a sandbox. Reads a target a line, says "begun", asks in a tight
/// loop until the first answer, and writes the moment of that answer (<see cref="Stopwatch.GetTimestamp"/>).
/// </summary>
internal static class Prober
{
    public const string Ping = "ping";
    public const string Name = "name";
    public const string Ready = "ready";
    public const string Begun = "begun";

    // So long without an answer is a fault, not a measure.
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    public static int Run(string kind, TextReader input, TextWriter output)
    {
        using var probe = Open(kind);
        Say(output, Ready);
        while (input.ReadLine() is { Length: > 0 } target)
        {
            Say(output, Begun);
            var start = Stopwatch.GetTimestamp();
            var answered = probe.Until(target, () => Stopwatch.GetElapsedTime(start) > Longest);
            Say(output, answered.ToString(CultureInfo.InvariantCulture));
        }
        return 0;
    }

    private static IProbe Open(string kind) => kind switch
    {
        Ping => new PingProbe(),
        Name => new NameProbe(new IPEndPoint(IPAddress.Parse("127.0.0.11"), 53)),
        _ => throw new Core.RefusalException(Core.ErrorCodes.InvalidArgument, $"'{kind}' is no probe: {Ping} or {Name}"),
    };

    private static void Say(TextWriter output, string line)
    {
        output.WriteLine(line);
        output.Flush();
    }
}

internal interface IProbe : IDisposable
{
    /// <summary>Asks until the first answer; returns its moment, or 0 when <paramref name="givenUp"/> came first.</summary>
    long Until(string target, Func<bool> givenUp);
}
