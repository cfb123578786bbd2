using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Nftables;

/// <summary>nftables of one namespace, run on the thread for scripts.</summary>
/// <param name="keep">Keep the context: making one costs as much as a small transaction. For the host only, since each
/// holds a descriptor of the scarce low numbers (<see cref="Descriptors"/>).</param>
internal sealed class NftRunner(NetNamespace space, NamespaceWorker worker, bool keep) : INftables, IDisposable
{
    private const string NotThere = "No such file or directory";
    private const int MostClosing = 16;
    private static int _closing;

    private readonly Lock _gate = new();
    private NftContext? _context;
    private NetlinkSocket? _socket;

    public uint Generation
    {
        get
        {
            lock (_gate)
                return NftGeneration.Ask(_socket ??= space.OpenNetlink(NetlinkFamily.Netfilter), space.Name);
        }
    }

    public void Run(string script) => Execute(context => Run(context, script));

    public string? Run(string script, string table) => Execute(context =>
    {
        Run(context, script);
        return List(context, table);
    });

    public string? List(string table) => Execute(context => List(context, table));

    public string ListChains() => Execute(context =>
    {
        var result = context.Run("list chains");
        return result.Success ? result.Output : throw new KernelException($"listing nft chains in {space.Name}", 0, NftError.Readable(result.Error, "list chains"));
    });

    public void Dispose()
    {
        _socket?.Dispose();
        if (_context is not { } context)
            return;
        _context = null;
        worker.RunAtHome(() =>
        {
            context.Dispose();
            return 0;
        });
    }

    private string Run(NftContext context, string script)
    {
        var result = context.Run(script);
        return result.Success ? result.Output : throw new KernelException($"running an nft script in {space.Name}", 0, NftError.Readable(result.Error, script));
    }

    private string? List(NftContext context, string table)
    {
        var result = context.Run($"list table {table}");
        if (result.Success)
            return result.Output;
        return result.Error.Contains(NotThere, StringComparison.Ordinal)
            ? null
            : throw new KernelException($"listing nft table {table} in {space.Name}", 0, NftError.Readable(result.Error, table));
    }

    /// <summary>Only the worker's thread touches the context, so jobs need no lock.</summary>
    private T Execute<T>(Func<NftContext, T> job) => worker.Run(space.Handle, () =>
    {
        if (keep)
            return job(_context ??= new NftContext());
        var context = new NftContext();
        try
        {
            return job(context);
        }
        finally
        {
            Close(context);
        }
    });

    // Closing its socket waits for an RCU grace period when the script took something away: elsewhere, unless many wait.
    private static void Close(NftContext context)
    {
        if (Interlocked.Increment(ref _closing) > MostClosing)
            Finish(context);
        else
            ThreadPool.UnsafeQueueUserWorkItem(Finish, context, preferLocal: false);

        static void Finish(NftContext context)
        {
            context.Dispose();
            Interlocked.Decrement(ref _closing);
        }
    }
}
