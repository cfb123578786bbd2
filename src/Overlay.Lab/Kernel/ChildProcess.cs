using System.Runtime.InteropServices;
using System.Text;

namespace Overlay.Lab.Kernel;

/// <summary>
/// A child started by posix_spawn, which gives it exactly the descriptors it should have. (fork() in a process with
/// threads, as managed ones are, is not safe, and System.Diagnostics.Process passes no descriptors on.)
/// </summary>
internal static unsafe class ChildProcess
{
    /// <summary>What systemd calls SD_LISTEN_FDS_START: the first descriptor after stdin, stdout and stderr.</summary>
    public const int FirstPassed = 3;

    // Passed descriptors are first copied up here, so that placing one never overwrites another that waits its turn.
    private const int FirstCopy = 1 << 14;

    // posix_spawn_file_actions_t takes 80 bytes and posix_spawnattr_t 336; sigset_t takes 128.
    private const int OpaqueSize = 512;
    private const int SignalSetSize = 128;

    /// <summary>
    /// Starts a command in a session of its own, its output appended to a file, <paramref name="passed"/> as
    /// descriptors 3 and up. The caller owes a <see cref="WaitForEnd"/> and a <see cref="Reap"/>.
    /// </summary>
    public static int Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string logFile, IReadOnlyList<int> passed)
    {
        var copies = new List<int>(passed.Count);
        var actions = NativeMemory.AllocZeroed(OpaqueSize);
        var attributes = NativeMemory.AllocZeroed(OpaqueSize);
        using var arguments = new StringVector(command);
        using var variables = new StringVector([.. environment.Select(v => $"{v.Key}={v.Value}")]);
        try
        {
            Check(Libc.posix_spawn_file_actions_init(actions), command);
            Check(Libc.posix_spawn_file_actions_addopen(actions, 0, "/dev/null", Libc.O_RDONLY, 0), command);
            Check(Libc.posix_spawn_file_actions_addopen(actions, 1, logFile, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND, 0x180), command);
            Check(Libc.posix_spawn_file_actions_adddup2(actions, 1, 2), command);
            foreach (var fd in passed)
            {
                var copy = Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, FirstCopy);
                copies.Add(copy >= 0 ? copy : throw Libc.Failure($"copy descriptor {fd}"));
                Check(Libc.posix_spawn_file_actions_adddup2(actions, copy, FirstPassed + copies.Count - 1), command);
            }
            SetAttributes(attributes, command);
            Check(Libc.posix_spawnp(out var pid, command[0], actions, attributes, arguments.Pointer, variables.Pointer), command);
            return pid;
        }
        finally
        {
            copies.ForEach(copy => _ = Libc.close(copy));
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
            NativeMemory.Free(actions);
            NativeMemory.Free(attributes);
        }
    }

    /// <summary>Blocks until the child ends, and leaves it a zombie: until <see cref="Reap"/> its id is no one else's.</summary>
    public static void WaitForEnd(int pid)
    {
        var info = stackalloc byte[SignalSetSize];
        while (Libc.waitid(Libc.P_PID, pid, info, Libc.WEXITED | Libc.WNOWAIT) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.EINTR)
            {
                throw Libc.Failure($"wait for process {pid}");
            }
        }
    }

    /// <summary>The ended child's exit status, or 128 + the signal that ended it.</summary>
    public static int Reap(int pid) => Libc.waitpid(pid, out var status, 0) < 0
        ? throw Libc.Failure($"reap process {pid}")
        : (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);

    // The runtime ignores SIGPIPE, and what is ignored stays so over exec: the child gets every signal's default back.
    private static void SetAttributes(void* attributes, IReadOnlyList<string> command)
    {
        var all = stackalloc byte[SignalSetSize];
        var none = stackalloc byte[SignalSetSize];
        new Span<byte>(all, SignalSetSize).Fill(0xff);
        new Span<byte>(none, SignalSetSize).Clear();
        Check(Libc.posix_spawnattr_init(attributes), command);
        Check(Libc.posix_spawnattr_setsigdefault(attributes, all), command);
        Check(Libc.posix_spawnattr_setsigmask(attributes, none), command);
        Check(Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSID | Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK), command);
    }

    private static void Check(int error, IReadOnlyList<string> command)
    {
        if (error != 0)
        {
            throw Libc.Failure($"start {command[0]}", error);
        }
    }

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed class StringVector : IDisposable
    {
        private readonly int _count;

        public StringVector(IReadOnlyList<string> values)
        {
            _count = values.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(values[i] + '\0');
                Pointer[i] = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
                bytes.CopyTo(new Span<byte>(Pointer[i], bytes.Length));
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
            {
                NativeMemory.Free(Pointer[i]);
            }
            NativeMemory.Free(Pointer);
        }
    }
}
