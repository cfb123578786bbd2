using System.Collections.Immutable;
using Overlay.Core;

namespace Overlay.Agent.Apply;

/// <param name="Writes">How many writes were tried; 0: everything was as desired.</param>
/// <param name="Problems">What could not be made, by object; the default id stands for the host.</param>
/// <param name="Warnings">What works, but not as well as it could, by object.</param>
/// <param name="Pending">Sandboxes whose processes were told to end and have not yet, and endpoints whose addresses are
/// being asked for on their network.</param>
internal sealed record PassResult(
    int Writes, ImmutableDictionary<ObjectId, string> Problems, ImmutableDictionary<ObjectId, ImmutableArray<string>> Warnings, ImmutableHashSet<ObjectId> Pending);
