using Gesto.Signs;
using Gesto.Training.Models;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class CalibrationFitTests
{
    [Theory]
    [InlineData(2.0)] // twice too sure
    [InlineData(0.5)] // half as sure as it might be
    [InlineData(1.0)]
    public void A_planted_temperature_is_found(double spoil)
    {
        (float[][] probabilities, int[] truth) = PlantedLogits.Draw(4000, 10, spoil, seed: 3);
        Calibration fitted = CalibrationFit.Fit(probabilities, truth, new string?[4000], "planted");
        // Probabilities are p^spoil, so T = spoil undoes it; 4,000 samples leave about 2 % of error, and of its
        // interval the end nearest 1 is taken.
        Assert.Equal(spoil, fitted.Temperature, 0.08 * spoil);
        Assert.Equal(
            Math.Clamp(1, fitted.TemperatureLow!.Value, fitted.TemperatureHigh!.Value),
            fitted.Temperature,
            1e-9
        );
        Assert.InRange(spoil, fitted.TemperatureLow!.Value, fitted.TemperatureHigh!.Value);
        // What chance alone leaves, E|share − p| ≤ √(2/π)·√(¼ / 267) = 0.024 in a bin of 267; its mean over 15 bins
        // varies by 0.005.
        Assert.InRange(fitted.EceAfter!.Value, 0, 0.024 + 3 * 0.005);
        if (spoil == 2)
            Assert.True(fitted.EceBefore > 0.08);
    }

    [Fact]
    public void The_fit_is_the_minimum_of_the_penalised_likelihood()
    {
        (float[][] probabilities, int[] truth) = PlantedLogits.Draw(40, 5, 1.5, seed: 4);
        double best = CalibrationFit.Power([.. Enumerable.Range(0, 40)], probabilities, truth, new string?[40]);
        double Objective(double power) =>
            40 * LogLinearPool.Loss([.. probabilities.Select(p => Calibration.Sharpen(p, power))], truth)
            + (power - 1) * (power - 1) / 2;
        foreach (double other in new[] { best * 0.97, best * 1.03, 0.3, 3 })
            Assert.True(Objective(other) > Objective(best));
    }

    [Fact]
    public void Four_samples_that_are_right_do_not_earn_certainty()
    {
        float[][] probabilities =
        [
            [.6f, .4f],
            [.7f, .3f],
            [.4f, .6f],
            [.8f, .2f],
        ];
        Calibration fitted = CalibrationFit.Fit(probabilities, [0, 0, 1, 0], ["a", "a", "a", "a"], "planted");
        Assert.InRange(fitted.Temperature, 0.3, 1);
        Assert.True(Calibration.Sharpen(probabilities[0], 1 / fitted.Temperature)[0] < 0.95);
        Assert.Contains("nothing about other signers", fitted.IntervalMethod, StringComparison.Ordinal);
    }

    [Fact]
    public void Few_samples_change_nothing_where_none_may_be_right()
    {
        // Twelve answers by a recogniser whose confidence is right: chance alone would have them spoil it.
        double[] temperatures =
        [
            .. Enumerable
                .Range(0, 20)
                .Select(seed =>
                {
                    (float[][] probabilities, int[] truth) = PlantedLogits.Draw(12, 6, 1, seed);
                    return CalibrationFit.Fit(probabilities, truth, new string?[12], "planted").Temperature;
                }),
        ];
        Assert.True(temperatures.Count(t => t == 1) >= 15, string.Join(' ', temperatures));
    }

    [Fact]
    public void Signers_count_equally_however_many_samples_they_have()
    {
        // One signer for whom confidence is right (T = 1), one for whom it is far too high (T = 3), 10 : 1 in samples.
        (float[][] many, int[] manyTruth) = PlantedLogits.Draw(2000, 6, 1, seed: 5);
        (float[][] few, int[] fewTruth) = PlantedLogits.Draw(200, 6, 3, seed: 6);
        string[] signers = [.. Enumerable.Repeat("many", 2000), .. Enumerable.Repeat("few", 200)];
        double byPeople = CalibrationFit
            .Fit([.. many, .. few], [.. manyTruth, .. fewTruth], signers, "planted")
            .Temperature;
        double bySample = CalibrationFit
            .Fit([.. many, .. few], [.. manyTruth, .. fewTruth], new string?[2200], "planted")
            .Temperature;
        Assert.InRange(bySample, 1, 1.4);
        Assert.True(byPeople > bySample + 0.2, $"{byPeople} by people, {bySample} by sample");
    }

    [Fact]
    public void Signers_who_differ_make_the_interval_wider_than_their_samples_alone()
    {
        var probabilities = new List<float[]>();
        var truth = new List<int>();
        var signers = new List<string?>();
        for (int s = 0; s < 6; s++)
        {
            (float[][] p, int[] t) = PlantedLogits.Draw(300, 6, s % 2 == 0 ? 1 : 3, seed: 10 + s);
            probabilities.AddRange(p);
            truth.AddRange(t);
            signers.AddRange(Enumerable.Repeat($"S{s}", 300));
        }
        Calibration bySigner = CalibrationFit.Fit([.. probabilities], [.. truth], signers, "planted");
        Calibration bySample = CalibrationFit.Fit([.. probabilities], [.. truth], new string?[1800], "planted");
        double Width(Calibration c) => c.TemperatureHigh!.Value - c.TemperatureLow!.Value;
        Assert.True(Width(bySigner) > 2 * Width(bySample));
        Assert.Equal(6, bySigner.Signers);
    }

    [Fact]
    public void The_threshold_answers_the_share_that_was_asked_for()
    {
        (float[][] probabilities, int[] truth) = PlantedLogits.Draw(500, 8, 1.4, seed: 8);
        Calibration fitted = CalibrationFit.Fit(probabilities, truth, new string?[500], "planted", coverage: 0.9);
        float[][] calibrated = [.. probabilities.Select(p => Calibration.Sharpen(p, 1 / fitted.Temperature))];
        Assert.Equal(450, calibrated.Count(p => p.Max() >= fitted.UnknownBelow));
    }
}
