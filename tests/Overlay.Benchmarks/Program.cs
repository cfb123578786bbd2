using Overlay.Benchmarks.Dns;

switch (args)
{
    case ["dns", "serve", _, ..]:
        return DnsServe.Run(args[2..]);
    default:
        Console.Error.WriteLine("what can be measured: dns serve PORT [UPSTREAM[#PORT]]");
        return 2;
}
