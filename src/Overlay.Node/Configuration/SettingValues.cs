using System.Text.Json;

namespace Overlay.Node.Configuration;

/// <summary>What flags, environment and file say, put on top of each other; nothing is judged here but its form.</summary>
internal sealed class SettingValues
{
    private readonly Dictionary<Setting, string> _values = [];
    private readonly List<string> _errors = [];

    public IReadOnlyList<string> Errors => _errors;

    public string? this[Setting setting] => _values.GetValueOrDefault(setting);

    public static SettingValues Read(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var values = new SettingValues();
        var flags = values.ReadFlags(arguments);
        foreach (var setting in Setting.All)
            if ((flags.GetValueOrDefault(setting) ?? NonEmpty(environment(setting.Variable))) is { } given)
                values._values[setting] = given;
        if (values[Setting.Config] is { } file)
            values.ReadFile(file);
        return values;
    }

    private Dictionary<Setting, string> ReadFlags(IReadOnlyList<string> arguments)
    {
        var flags = new Dictionary<Setting, string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, value) = Split(arguments[i]);
            var setting = name.StartsWith("--", StringComparison.Ordinal) ? Setting.Find(name[2..]) : null;
            if (setting is null)
            {
                _errors.Add($"{name}: no such flag; {Suggest(name.TrimStart('-'), s => s.Flag)}");
                // Its value, if one follows, is no second mistake.
                if (value is null && name.StartsWith('-') && i + 1 < arguments.Count && !arguments[i + 1].StartsWith('-'))
                    i++;
            }
            else if (value is null && (i + 1 == arguments.Count || arguments[i + 1].StartsWith("--", StringComparison.Ordinal)))
                _errors.Add($"{setting.Flag}: takes a value: {setting.Flag} {setting.Value}");
            else if (!flags.TryAdd(setting, value ?? arguments[++i]))
                _errors.Add($"{setting.Flag}: given twice; give it once");
        }
        return flags;
    }

    private void ReadFile(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(
                File.ReadAllBytes(path),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                _errors.Add($"{Setting.Config}: {path} must hold one JSON object: {{ \"redis\": \"10.0.0.5:6379\" }}");
            else
                foreach (var property in json.RootElement.EnumerateObject())
                    ReadProperty(path, property);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            _errors.Add($"{Setting.Config}: {path} cannot be read: {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    private void ReadProperty(string path, JsonProperty property)
    {
        if (Setting.Find(property.Name) is not { } setting || setting == Setting.Config)
            _errors.Add($"{Setting.Config}: {path} has the unknown key \"{property.Name}\"; {Suggest(property.Name, s => $"\"{s.Name}\"")}");
        else if (property.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
            _errors.Add($"{Setting.Config}: {path}: \"{property.Name}\" must be a string, as in \"{setting.Name}\": \"{setting.Value}\"");
        else
            _values.TryAdd(setting, property.Value.ToString());
    }

    private static string Suggest(string name, Func<Setting, string> spell) =>
        Setting.Nearest(name) is { } near ? $"did you mean {spell(near)}?" : "'overlayd --help' lists the settings";

    private static (string Name, string? Value) Split(string argument)
    {
        var equals = argument.IndexOf('=');
        return equals < 0 || !argument.StartsWith("--", StringComparison.Ordinal)
            ? (argument, null)
            : (argument[..equals], argument[(equals + 1)..]);
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
