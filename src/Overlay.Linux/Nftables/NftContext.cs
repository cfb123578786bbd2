using System.Runtime.InteropServices;

namespace Overlay.Linux.Nftables;

/// <summary>A libnftables context. It opens its netlink socket when it is made, and again when the kernel's rules
/// changed under it, so it is made and used by one thread that is inside the namespace. It may be freed anywhere.</summary>
internal sealed class NftContext : IDisposable
{
    private const int OutOfMemory = 12, NotInstalled = 2;

    private readonly nint _context;

    public NftContext()
    {
        Descriptors.RequireLow("opening nftables");
        try
        {
            _context = LibNftables.New(0);
        }
        catch (DllNotFoundException)
        {
            throw new KernelException("loading nftables", NotInstalled, "libnftables.so.1 is missing: install libnftables1");
        }
        if (_context == 0)
            throw new KernelException("opening nftables", OutOfMemory);
        LibNftables.SetOutputFlags(_context, LibNftables.StatelessOutput | LibNftables.NumericProtocols);
        LibNftables.BufferOutput(_context);
        LibNftables.BufferError(_context);
    }

    /// <summary>From a file in memory: of a script in a buffer libnftables does not tell the line it refuses.</summary>
    public NftResult Run(string script)
    {
        Descriptors.RequireLow("running an nft script");
        using var file = ScriptFile.Create(script);
        var code = LibNftables.Run(_context, $"/proc/self/fd/{file.DangerousGetHandle()}");
        // Reading a buffer empties it: both, always, or the next run would begin with the rest of this one.
        var output = Marshal.PtrToStringUTF8(LibNftables.Output(_context)) ?? "";
        var error = Marshal.PtrToStringUTF8(LibNftables.Error(_context)) ?? "";
        return new NftResult(code == 0, output, error);
    }

    public void Dispose() => LibNftables.Free(_context);
}

internal readonly record struct NftResult(bool Success, string Output, string Error);
