using Overlay.Grains.Store;
using Overlay.Testing.Store;

namespace Overlay.Tests.Store;

public sealed class InMemoryRecordStoreTests : RecordStoreContract
{
    protected override IRecordStore Store { get; } = new InMemoryRecordStore(TimeProvider.System);
}
