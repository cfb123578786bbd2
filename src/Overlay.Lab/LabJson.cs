using System.Text.Json;
using System.Text.Json.Serialization;
using Overlay.Lab.Supervision;

namespace Overlay.Lab;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LabState))]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(OrderReply))]
internal sealed partial class LabJson : JsonSerializerContext;
