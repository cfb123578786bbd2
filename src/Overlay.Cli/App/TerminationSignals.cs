using System.Runtime.InteropServices;

namespace Overlay.Cli.App;

/// <summary>
/// The signals that ask this process to end. They cancel what it does, or, while a foreground command runs, go to
/// that command instead.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    // PosixSignal names some signals by negative values and takes the rest by the system's own number.
    private static readonly (PosixSignal Signal, int Number)[] Watched =
    [
        (PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15),
        ((PosixSignal)10, 10), ((PosixSignal)12, 12),
    ];

    private readonly CancellationTokenSource _cancellation = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private volatile Action<int>? _target;

    public TerminationSignals()
    {
        foreach (var (signal, number) in Watched)
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Deliver(number);
            }));
    }

    /// <summary>Cancelled by the first signal that no foreground command took.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Until disposed, signals go to <paramref name="target"/> as numbers.</summary>
    public IDisposable ForwardTo(Action<int> target)
    {
        _target = target;
        return new Forwarding(this);
    }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _cancellation.Dispose();
    }

    private void Deliver(int number)
    {
        if (_target is { } target)
            target(number);
        else
            _cancellation.Cancel();
    }

    private sealed class Forwarding(TerminationSignals signals) : IDisposable
    {
        public void Dispose() => signals._target = null;
    }
}
