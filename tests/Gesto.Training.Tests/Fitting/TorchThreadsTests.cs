using Gesto.Training.Features;
using Gesto.Training.Recognition;
using TorchSharp;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class TorchThreadsTests
{
    [Fact]
    public void Two_that_work_at_the_same_time_each_have_their_own_number_and_leave_the_old_one_behind()
    {
        int before = torch.get_num_threads();
        using var both = new Barrier(2);
        var seen = new int[2];
        Thread[] workers =
        [
            .. Enumerable
                .Range(0, 2)
                .Select(i => new Thread(() =>
                {
                    using TorchThreads own = TorchThreads.Use(i + 2);
                    both.SignalAndWait(); // both have set theirs
                    seen[i] = torch.get_num_threads();
                    both.SignalAndWait();
                })),
        ];
        foreach (Thread worker in workers)
            worker.Start();
        foreach (Thread worker in workers)
            worker.Join();
        Assert.Equal([2, 3], seen);
        Assert.Equal(before, torch.get_num_threads());
        int later = 0;
        var thread = new Thread(() => later = torch.get_num_threads());
        thread.Start();
        thread.Join();
        Assert.Equal(before, later);
    }

    [Fact]
    public void Scopes_in_one_another_put_back_what_was_around_them()
    {
        int before = torch.get_num_threads();
        using (TorchThreads.Use(3))
        {
            using (TorchThreads.Use(2))
                Assert.Equal(2, torch.get_num_threads());
            Assert.Equal(3, torch.get_num_threads());
        }
        Assert.Equal(before, torch.get_num_threads());
    }

    [Fact]
    public void Recognisers_of_different_numbers_of_threads_answer_alike_and_leave_the_process_as_it_was()
    {
        using var tiny = new TinyRun();
        FeatureSet features = FeatureSet.Open(tiny.Features);
        int before = torch.get_num_threads();
        using ITrainedRecogniser one = ITrainedRecogniser.Load(tiny.Run, threads: 1),
            three = ITrainedRecogniser.Load(tiny.Run, threads: 3);
        Assert.Equal(before, torch.get_num_threads());
        var threads = new List<int>();
        float[][] a = one.PredictAll(features, [.. features.Samples], new Probe(threads)),
            b = three.PredictAll(features, [.. features.Samples], new Probe(threads));
        Assert.Equal([1, 3], threads.Distinct());
        Assert.Equal(before, torch.get_num_threads());
        for (int n = 0; n < a.Length; n++)
        for (int k = 0; k < a[n].Length; k++)
            Assert.Equal(a[n][k], b[n][k], 1e-5); // sums in another order
    }

    /// <summary>Progress is reported by the thread that computes.</summary>
    private sealed class Probe(List<int> threads) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => threads.Add(torch.get_num_threads());
    }
}
