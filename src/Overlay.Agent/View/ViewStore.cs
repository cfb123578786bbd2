using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Agent.View;

/// <summary>The followed partitions and the view made of them. Thread-safe; readers take <see cref="Current"/>.</summary>
public sealed class ViewStore(string host)
{
    private readonly Lock _lock = new();
    private readonly string _roster = Partitions.Roster(host);
    private ImmutableDictionary<string, PartitionState> _partitions = ImmutableDictionary<string, PartitionState>.Empty;
    private HostView _view = HostView.Empty;

    public HostView Current => Volatile.Read(ref _view);

    /// <summary>Called after the view has changed, outside of any lock.</summary>
    public event Action<HostView>? Changed;

    /// <summary>What to follow now: hosts, this host's roster, and each network that the roster names.</summary>
    public IReadOnlyCollection<string> Followed
    {
        get
        {
            var view = Current;
            return [Partitions.Hosts, _roster, .. view.Followed.Keys.Select(Partitions.Network)];
        }
    }

    public PartitionState Find(string partition) =>
        Volatile.Read(ref _partitions).GetValueOrDefault(partition) ?? PartitionState.Unknown(partition);

    /// <summary>Lays pulled changes over a partition. False when nothing changed.</summary>
    public bool Lay(string partition, FeedPage page)
    {
        var before = Find(partition);
        if (before.IsLive && !page.IsSnapshot && !page.Gone && page.Changes.IsEmpty && page.Cursor == before.Cursor)
            return false;
        return Put(before.With(page));
    }

    public bool Put(PartitionState state)
    {
        HostView view;
        lock (_lock)
        {
            if (!Follows(state.Name))
                return false;
            var before = _partitions.GetValueOrDefault(state.Name);
            var changed = Typed(state, before);
            var partitions = _partitions.SetItem(state.Name, state);
            foreach (var name in partitions.Keys.Where(name => !FollowedBy(changed, name)))
                partitions = partitions.Remove(name);
            changed = Judged(changed, partitions);
            Volatile.Write(ref _partitions, partitions);
            Volatile.Write(ref _view, view = changed);
        }
        Changed?.Invoke(view);
        return true;
    }

    private bool Follows(string partition) => FollowedBy(_view, partition);

    private bool FollowedBy(HostView view, string partition) =>
        partition == Partitions.Hosts || partition == _roster || (NetworkOf(partition) is { } id && view.Followed.ContainsKey(id));

    private HostView Typed(PartitionState state, PartitionState? before)
    {
        var old = before?.Fields ?? ImmutableDictionary<string, byte[]>.Empty;
        if (state.Name == Partitions.Hosts)
            return _view with { Hosts = Records.Follow(_view.Hosts, Fields.HostPrefix, name => name, old, state) };
        if (state.Name == _roster)
        {
            var followed = Records.Follow(_view.Followed, Fields.NetworkPrefix, ObjectId.Parse, old, state);
            return _view with
            {
                Sandboxes = Records.Follow(_view.Sandboxes, Fields.SandboxPrefix, ObjectId.Parse, old, state),
                Followed = followed,
                Networks = _view.Networks.RemoveRange(_view.Networks.Keys.Where(id => !followed.ContainsKey(id))),
            };
        }
        var network = NetworkOf(state.Name)!.Value;
        return _view with
        {
            Networks = NetworkView.From(state, before, _view.Networks.GetValueOrDefault(network)) is { } view
                ? _view.Networks.SetItem(network, view)
                : _view.Networks.Remove(network),
        };
    }

    private HostView Judged(HostView view, ImmutableDictionary<string, PartitionState> partitions)
    {
        string[] needed = [Partitions.Hosts, _roster, .. view.Followed.Keys.Select(Partitions.Network)];
        return view with
        {
            Revisions = partitions.ToImmutableDictionary(p => p.Key, p => p.Value.Cursor.Revision),
            IsComplete = needed.All(partitions.ContainsKey),
            MayDelete = needed.All(name => partitions.TryGetValue(name, out var state) && state.IsLive),
        };
    }

    private static ObjectId? NetworkOf(string partition) =>
        partition.StartsWith("network/", StringComparison.Ordinal) && ObjectId.TryParse(partition["network/".Length..], out var id) ? id : null;
}
