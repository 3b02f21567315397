namespace Gesto.Training.Scoring;

/// <summary>Scores of one class.</summary>
/// <param name="Support">Samples whose truth is this class.</param>
/// <param name="Predicted">Samples recognised as this class.</param>
/// <param name="Correct">Samples that are both.</param>
public readonly record struct ClassScore(int Support, int Predicted, int Correct)
{
    /// <summary>Correct / Predicted; 0 where nothing was recognised as this class.</summary>
    public double Precision => Predicted == 0 ? 0 : (double)Correct / Predicted;

    /// <summary>Correct / Support; 0 where no sample is of this class.</summary>
    public double Recall => Support == 0 ? 0 : (double)Correct / Support;

    /// <summary>2·Correct / (Support + Predicted), the harmonic mean of precision and recall; 0 where both counts are
    /// 0.</summary>
    public double F1 => Support + Predicted == 0 ? 0 : 2.0 * Correct / (Support + Predicted);
}

/// <summary>Classification scores as fractions 0…1, from probabilities (N,K) and labels 0…K−1. Pure; any
/// thread.</summary>
public static class Metrics
{
    /// <returns>The most probable label of each sample; the lower label where two are equally probable.</returns>
    /// <exception cref="InvalidDataException">Rows differ in length, or a probability is NaN.</exception>
    public static int[] Predict(float[][] probabilities)
    {
        CheckRows(probabilities);
        return [.. probabilities.Select(row => Array.IndexOf(row, row.Max()))];
    }

    /// <summary>The share of samples whose label is among the <paramref name="k"/> most probable. Equal probabilities
    /// rank by label, so <c>TopK(…, 1)</c> agrees with <see cref="Predict"/>.</summary>
    /// <param name="probabilities">(N,K), N ≥ 1.</param>
    /// <param name="labels">(N), each 0…K−1.</param>
    /// <param name="k">≥ 1; with k ≥ K the result is 1.</param>
    /// <exception cref="InvalidDataException">As in <see cref="CheckLabels"/>, or a probability is NaN.</exception>
    public static double TopK(float[][] probabilities, int[] labels, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        CheckRows(probabilities);
        CheckLabels(probabilities, labels);
        return (double)labels.Where((label, n) => RankOf(probabilities[n], label) < k).Count() / labels.Length;
    }

    /// <returns>(K) scores, entry = label.</returns>
    public static ClassScore[] PerClass(int[] predicted, int[] labels, int classes)
    {
        var support = new int[classes];
        var recognised = new int[classes];
        var correct = new int[classes];
        for (int n = 0; n < labels.Length; n++)
        {
            support[labels[n]]++;
            recognised[predicted[n]]++;
            if (labels[n] == predicted[n])
                correct[labels[n]]++;
        }
        return [.. support.Select((s, label) => new ClassScore(s, recognised[label], correct[label]))];
    }

    /// <summary>The unweighted mean F1 over the classes that occur in the truth or among the predictions; a class that
    /// occurs in neither has no part in it. A class that was recognised but never shown counts as 0. This is the
    /// default of scikit-learn's <c>f1_score(average="macro", zero_division=0)</c>.</summary>
    public static double MacroF1(IEnumerable<ClassScore> scores) =>
        scores.Where(s => s.Support + s.Predicted > 0).Average(s => s.F1);

    /// <exception cref="InvalidDataException">There is no sample, the counts disagree, or a label is outside 0…K−1
    /// (−1 marks an unlabelled sample).</exception>
    public static void CheckLabels(float[][] probabilities, int[] labels)
    {
        if (labels.Length == 0)
            throw new InvalidDataException("There is no sample to score.");
        if (probabilities.Length != labels.Length)
            throw new InvalidDataException($"{probabilities.Length} rows of probabilities for {labels.Length} labels.");
        int classes = probabilities[0].Length;
        int n = Array.FindIndex(labels, label => label < 0 || label >= classes);
        if (n >= 0)
            throw new InvalidDataException(
                $"Sample {n} has label {labels[n]}, expected 0…{classes - 1}. Leave unlabelled samples and samples of other "
                    + "classes out before scoring."
            );
    }

    private static void CheckRows(float[][] probabilities)
    {
        for (int n = 0; n < probabilities.Length; n++)
        {
            if (probabilities[n].Length != probabilities[0].Length || probabilities[n].Length == 0)
                throw new InvalidDataException(
                    $"Sample {n} has {probabilities[n].Length} probabilities, the first has {probabilities[0].Length}."
                );
            int k = Array.FindIndex(probabilities[n], float.IsNaN);
            if (k >= 0)
                throw new InvalidDataException($"Sample {n}: the probability of label {k} is not a number.");
        }
    }

    private static int RankOf(float[] row, int label)
    {
        int rank = 0;
        for (int k = 0; k < row.Length; k++)
            if (row[k] > row[label] || (row[k] == row[label] && k < label))
                rank++;
        return rank;
    }
}
