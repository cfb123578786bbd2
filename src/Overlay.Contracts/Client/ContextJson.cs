using System.Text.Json;
using System.Text.Json.Serialization;

namespace Overlay.Contracts.Client;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(OverlayContext))]
internal sealed partial class ContextJson : JsonSerializerContext;
