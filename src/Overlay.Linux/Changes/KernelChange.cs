namespace Overlay.Linux;

/// <summary>One write to the kernel. Links go by name, so that a batch can use what it makes itself.
/// ToString says what is being done ('adding address 10.1.0.2/24 to eth0'): errors begin with it.</summary>
public abstract record KernelChange;
