using System.Globalization;

namespace Overlay.Cli.Output;

/// <summary>Small values as people read them.</summary>
internal static class Words
{
    public static string Id(string id, bool whole) => whole || id.Length < 12 ? id : id[..12];

    public static string YesNo(bool value) => value ? "yes" : "no";

    public static string Ago(DateTimeOffset moment, TimeProvider time)
    {
        var age = time.GetUtcNow() - moment;
        return age switch
        {
            { TotalSeconds: < 1 } => "now",
            { TotalSeconds: < 120 } => Count(age.TotalSeconds, "second"),
            { TotalMinutes: < 120 } => Count(age.TotalMinutes, "minute"),
            { TotalHours: < 48 } => Count(age.TotalHours, "hour"),
            _ => Count(age.TotalDays, "day"),
        };
    }

    public static string Moment(DateTimeOffset moment) =>
        moment == default ? "" : moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Count(double number, string unit) =>
        (int)number == 1 ? $"1 {unit} ago" : $"{(int)number} {unit}s ago";
}
