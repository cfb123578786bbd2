using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Overlay.Cli.App;
using Overlay.Cli.Context;
using Overlay.Cli.Hosts;
using Overlay.Cli.Lab;
using Overlay.Cli.Names;
using Overlay.Cli.Networks;
using Overlay.Cli.Sandboxes;
using Overlay.Cli.Versions;

namespace Overlay.Cli.Output;

/// <summary>Every shape that --format json prints. Field names are a promise: add, never rename.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(NetworkView[]))]
[JsonSerializable(typeof(NetworkDetailsView[]))]
[JsonSerializable(typeof(ConnectionView))]
[JsonSerializable(typeof(SandboxView[]))]
[JsonSerializable(typeof(SandboxDetailsView[]))]
[JsonSerializable(typeof(PortView[]))]
[JsonSerializable(typeof(HostView[]))]
[JsonSerializable(typeof(NameAnswerView[]))]
[JsonSerializable(typeof(HostDetailsView[]))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(ContextView[]))]
[JsonSerializable(typeof(LabView[]))]
[JsonSerializable(typeof(LabStatusView[]))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>Quotes and angle brackets as themselves: this goes to terminals and jq, never into a web page.</summary>
    public static CliJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>Errors are one line, also as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ErrorLine))]
internal sealed partial class ErrorJson : JsonSerializerContext
{
    public static ErrorJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
