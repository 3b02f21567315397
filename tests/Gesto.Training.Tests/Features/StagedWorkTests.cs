using System.Collections.Concurrent;
using Gesto.Training.Features;

namespace Gesto.Training.Tests.Features;

public class StagedWorkTests
{
    private static readonly int[] Hundred = [.. Enumerable.Range(0, 100)];

    [Fact]
    public void Every_item_is_read_made_and_written_once_by_one_writer()
    {
        var written = new List<int>();
        int caller = Environment.CurrentManagedThreadId;
        StagedWork.Run<int, int, int>(
            Hundred,
            3,
            (i, give, _) => give(2 * i),
            2,
            i => i + 1,
            i =>
            {
                Assert.Equal(caller, Environment.CurrentManagedThreadId);
                written.Add(i);
            },
            default
        );
        Assert.Equal(Hundred.Select(i => 2 * i + 1), written.Order());
    }

    /// <summary>While the writer holds the first item: it, 2 waiting for it, 2 makers with one in hand, 3 waiting for a
    /// maker, 3 readers with one in hand: 11 of 100.</summary>
    [Fact]
    public void What_is_under_way_does_not_grow_with_the_number_of_items()
    {
        int read = 0,
            most = 0;
        using var settled = new ManualResetEventSlim();
        using var timer = new Timer(_ => settled.Set(), null, TimeSpan.FromMilliseconds(300), Timeout.InfiniteTimeSpan);
        StagedWork.Run<int, int, int>(
            Hundred,
            3,
            (i, give, _) =>
            {
                Interlocked.Increment(ref read);
                give(i);
            },
            2,
            i => i,
            _ =>
            {
                settled.Wait();
                most = most == 0 ? Volatile.Read(ref read) : most;
            },
            default
        );
        Assert.InRange(most, 1, 11);
        Assert.Equal(100, read);
    }

    [Fact]
    public void Stages_overlap()
    {
        // Each reader waits until a maker is at work on an earlier item: one after another, this would never end.
        using var making = new CountdownEvent(1);
        StagedWork.Run<int, int, int>(
            [0, 1],
            1,
            (i, give, stop) =>
            {
                if (i == 1)
                    Assert.True(making.Wait(TimeSpan.FromSeconds(20), stop));
                give(i);
            },
            1,
            i =>
            {
                if (i == 0)
                    making.Signal();
                return i;
            },
            _ => { },
            default
        );
    }

    [Theory]
    [InlineData("read")]
    [InlineData("make")]
    [InlineData("write")]
    public void A_failure_in_any_stage_ends_all_of_them_and_is_the_one_thrown(string stage)
    {
        var made = new ConcurrentBag<int>();
        var written = new List<int>();
        int FailAt40(string here, int i) => here == stage && i == 40 ? throw new InvalidOperationException(here) : i;
        string message = Assert
            .Throws<InvalidOperationException>(() =>
                StagedWork.Run<int, int, int>(
                    Hundred,
                    2,
                    (i, give, _) => give(FailAt40("read", i)),
                    2,
                    i =>
                    {
                        made.Add(FailAt40("make", i));
                        return i;
                    },
                    i => written.Add(FailAt40("write", i)),
                    default
                )
            )
            .Message;
        Assert.Equal(stage, message);
        Assert.True(made.Count < 100);
        if (stage != "write")
            Assert.Equal(made.Order(), written.Order()); // nothing made is lost
    }

    [Fact]
    public void Cancelling_keeps_what_is_made()
    {
        using var cancel = new CancellationTokenSource();
        var made = new ConcurrentBag<int>();
        var written = new List<int>();
        int madeBefore = 0;
        Assert.Throws<OperationCanceledException>(() =>
            StagedWork.Run<int, int, int>(
                Hundred,
                2,
                (i, give, _) => give(i),
                2,
                i =>
                {
                    made.Add(i);
                    if (i == 20)
                    {
                        cancel.Cancel();
                        madeBefore = made.Count; // until then the other maker may have gone on, however long it took
                    }
                    return i;
                },
                written.Add,
                cancel.Token
            )
        );
        Assert.InRange(made.Count, madeBefore, madeBefore + 1); // what the other maker had in hand
        Assert.Equal(made.Order(), written.Order());
    }
}
