using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

[Collection(LabCollection.Name)]
public sealed class PublishedPortTests(LabOfThree lab)
{
    [Theory]
    [InlineData("overlay", 18080)]
    [InlineData("bridge", 18081)]
    public async Task Curl_PublishedPort_AnswersFromOutsideFromTheHostAndFromTheSameNetwork(string driver, int port)
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", $"-d {driver}");
        var web = world.Sandbox("web");
        var page = "page-" + Guid.NewGuid().ToString("N")[..6];
        (await lab.Overlay($"run -d --host h1 --network {net} -p {port}:80 --name {web} -- {Programs.Overlay} lab web --text {page}")).Ok();
        var client = await world.CreateSandbox("client", "h1", $"--network {net}");
        var host = lab.Lab.Member("h1").Address;

        async Task Answers(Func<string, Task<Ran>> fetch, string url) =>
            await Eventually.Holds(() => fetch($"curl -sS -m 3 {url}"), ran => ran.Output.StartsWith(page, StringComparison.Ordinal), TimeSpan.FromSeconds(10));

        await Answers(words => lab.On("outside", words), $"http://{host}:{port}/");
        await Answers(words => lab.On("h1", words), $"http://{host}:{port}/");
        await Answers(words => lab.On("h1", words), $"http://127.0.0.1:{port}/");
        await Answers(words => lab.In("h1", client, words), $"http://{host}:{port}/");
        await Answers(words => lab.In("h1", web, words), $"http://{host}:{port}/");

        Assert.Contains($":{port}", (await lab.Overlay($"port {web}")).Ok().Output, StringComparison.Ordinal);

        var taken = await lab.Overlay($"sandbox create --host h1 --network {net} -p {port}:81 --name {world.Sandbox("thief")}");
        Assert.Equal(1, taken.ExitCode);
        Assert.Contains(web, taken.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Name("thief"), (await lab.Overlay("sandbox ls")).Output, StringComparison.Ordinal);

        (await lab.Overlay($"sandbox rm -f {web}")).Ok();
        await Eventually.Holds(() => lab.On("outside", $"curl -sS -m 2 http://{host}:{port}/"), ran => ran.ExitCode != 0);
    }
}
