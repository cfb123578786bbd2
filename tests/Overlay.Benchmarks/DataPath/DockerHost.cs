using System.Diagnostics;
using System.Globalization;

namespace Overlay.Benchmarks.DataPath;

/// <summary>
/// A real dockerd whose machine is a namespace of a <see cref="HostPair"/>. What it would write to the machine (its
/// pid files, keys, mounts, iptables rules, sysctls) goes into namespaces and a directory that vanish with it; only its
/// cgroups are on the machine's tree, and are removed.
/// </summary>
internal sealed class DockerHost : IDisposable
{
    private readonly string _space;
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-bench-").FullName;
    private readonly Process _daemon;

    /// <exception cref="InvalidOperationException">It does not start here.</exception>
    public DockerHost(string space)
    {
        _space = space;
        var script = Path.Combine(_directory, "start.sh");
        File.WriteAllText(script, Script(space, _directory));
        // dockerd is process 1 of its own pid namespace: whatever it has started ends with it.
        _daemon = Shell.StartSilent($"exec setsid nsenter --net=/run/netns/{space} unshare --mount --pid --uts --fork --kill-child --mount-proc sh {script}");
        try
        {
            Shell.Until($"{Client} info >/dev/null 2>&1 || ! kill -0 {_daemon.Id}");
            Docker("info");
            ImportImage();
        }
        catch (InvalidOperationException refused)
        {
            var log = Path.Combine(_directory, "log");
            var last = File.Exists(log) ? File.ReadLines(log).LastOrDefault() : null;
            Dispose();
            throw new InvalidOperationException($"dockerd does not start: {last ?? refused.Message}");
        }
    }

    private string Client => $"DOCKER_CONFIG={_directory} docker --host unix://{_directory}/docker.sock";

    public string Docker(string arguments) => Shell.Run($"{Client} {arguments}").Trim();

    /// <summary>Runs a container that only waits; gives its namespace and address.</summary>
    public (Place Place, string Address) RunContainer(string name, string arguments)
    {
        Docker($"run --detach --name {name} {arguments} bench /bin/sleep 1d");
        var id = Docker("inspect --format '{{.Id}}' " + name);
        var address = Docker("inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' " + name);
        // Docker tells the process by its number in the pid namespace of dockerd; the cgroup tells it by ours.
        var pid = File.ReadLines($"/sys/fs/cgroup/{CgroupTree()}/{_space}/{id}/cgroup.procs").First();
        return (Place.OfProcess(int.Parse(pid, CultureInfo.InvariantCulture)), address);
    }

    public void Dispose()
    {
        // The daemon itself, not unshare above it: process 1 of a machine need not be one that buries orphans.
        Shell.Try($"kill -KILL $(cat /proc/{_daemon.Id}/task/{_daemon.Id}/children)");
        if (!_daemon.WaitForExit(TimeSpan.FromSeconds(10)))
            _daemon.Kill();
        _daemon.WaitForExit();
        _daemon.Dispose();
        // Its processes end a moment after unshare has; a cgroup goes when it is empty.
        Shell.Try($"for i in $(seq 100); do find /sys/fs/cgroup -depth -type d -path '*/{_space}*' -exec rmdir {{}} + ; "
            + $"[ -z \"$(find /sys/fs/cgroup -type d -name {_space})\" ] && break; sleep 0.05; done");
        Shell.Try($"rm -rf {_directory}");
    }

    private static string CgroupTree() => Directory.Exists("/sys/fs/cgroup/pids") ? "pids" : "";

    private void ImportImage()
    {
        Shell.Run($"mkdir -p {_directory}/image/bin && cp \"$(command -v busybox)\" {_directory}/image/bin/ && ln -s busybox {_directory}/image/bin/sleep"
            + $" && tar -C {_directory}/image -c . | {Client} import - bench");
    }

    // A /sys of this network namespace, with the machine's cgroups; /etc, /run and /opt whose changes are the daemon's own.
    // No upstream resolver: it would wait for registries.
    private static string Script(string space, string directory) => $"""
        set -e
        mount --make-rprivate /
        hostname {space}
        mkdir -p {directory}/cgroups {directory}/etc {directory}/work
        mount --rbind /sys/fs/cgroup {directory}/cgroups
        umount -l /sys
        mount -t sysfs sysfs /sys
        mount --rbind {directory}/cgroups /sys/fs/cgroup
        umount -l {directory}/cgroups
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /opt
        mount -t overlay -o lowerdir=/etc,upperdir={directory}/etc,workdir={directory}/work overlay /etc
        rm -f /etc/resolv.conf
        echo 'nameserver 127.0.0.1' >/etc/resolv.conf
        exec dockerd --data-root {directory}/data --exec-root /run/docker --pidfile /run/docker.pid --host unix://{directory}/docker.sock \
          --storage-driver overlay2 --cgroup-parent /{space} --default-address-pool base=172.28.0.0/14,size=24 >{directory}/log 2>&1

        """;
}
