namespace Gesto.Training;

/// <summary>Whether the radar CNN learns before the fusion model does, or stays at its random start.</summary>
public enum RadarEncoderMode
{
    Trained,
    Frozen,
}

/// <summary>How radar values are scaled before the CNN.</summary>
public enum RadarScaling
{
    /// <summary>Minus mean, by standard deviation, both of the training split: right for files in any unit.</summary>
    Statistics,

    /// <summary>÷ 255, as the source project did: for 8-bit grey only.</summary>
    Unit,
}

/// <summary>How the learning rate goes over a stage's epochs.</summary>
public enum LearningRateSchedule
{
    Constant,

    /// <summary>From the full rate in the first epoch down a half cosine to nearly 0 in the last one allowed. Source:
    /// I. Loshchilov, F. Hutter, "SGDR", ICLR 2017, without restarts.</summary>
    Cosine,
}

/// <summary>Everything that decides how a recogniser is trained, apart from the data. A recipe and a data set give one
/// result, to the bit, on one machine with one thread count. Files: <see cref="RecipeFile"/>.</summary>
public sealed record Recipe
{
    public string Name { get; init; } = "";

    /// <summary>Why this recipe exists, for people.</summary>
    public string Why { get; init; } = "";

    /// <summary>"rgb", "radar" or both, in this order: the order in which their features are concatenated.</summary>
    public IReadOnlyList<string> Modalities { get; init; } = [RgbModality, RadarModality];

    /// <summary>How radar steps meet RGB steps; matters only with both modalities.</summary>
    public AlignmentMode Alignment { get; init; } = AlignmentMode.Nearest;

    public RgbRecipe Rgb { get; init; } = new();

    public RadarRecipe Radar { get; init; } = new();

    public ModelRecipe Model { get; init; } = new();

    public TrainingRecipe Training { get; init; } = new();

    public const string RgbModality = "rgb";
    public const string RadarModality = "radar";

    public bool UsesRgb => Modalities.Contains(RgbModality);

    public bool UsesRadar => Modalities.Contains(RadarModality);

    /// <exception cref="InvalidDataException">A value is out of its range.</exception>
    public void Check(string place)
    {
        Require(Modalities is [RgbModality] or [RadarModality] or [RgbModality, RadarModality], "modalities",
            $"[{string.Join(", ", Modalities)}]", "[\"rgb\"], [\"radar\"] or [\"rgb\", \"radar\"]");
        AtLeastOne(Radar.Hidden, "radar.hidden");
        AtLeastOne(Radar.Batch, "radar.batch");
        AtLeastOne(Radar.Epochs, "radar.epochs");
        AtLeastOne(Radar.Patience, "radar.patience");
        Positive(Radar.LearningRate, "radar.learningRate");
        Fraction(Radar.Dropout, "radar.dropout");
        AugmentationRecipe augmentation = Radar.Augmentation;
        Require(augmentation.RangeShiftBins >= 0, "radar.augmentation.rangeShiftBins", augmentation.RangeShiftBins, "0 or more");
        Fraction(augmentation.TempoSpread, "radar.augmentation.tempoSpread");
        Fraction(augmentation.GainSpread, "radar.augmentation.gainSpread");
        Fraction(augmentation.FrameDropout, "radar.augmentation.frameDropout");
        Fraction(Training.TempoSpread, "training.tempoSpread");
        Fraction(Training.FrameDropout, "training.frameDropout");
        Require(augmentation.Noise >= 0, "radar.augmentation.noise", augmentation.Noise, "0 or more");
        AtLeastOne(Model.Hidden, "model.hidden");
        AtLeastOne(Model.Layers, "model.layers");
        Fraction(Model.Dropout, "model.dropout");
        Fraction(Model.InputDropout, "model.inputDropout");
        Fraction(Model.ModalityDropout, "model.modalityDropout");
        Require(Model.Loudness >= 0, "model.loudness", Model.Loudness, "0 (off) or more");
        Require(Training.WeightDecay >= 0, "training.weightDecay", Training.WeightDecay, "0 or more");
        AtLeastOne(Training.Batch, "training.batch");
        AtLeastOne(Training.Epochs, "training.epochs");
        AtLeastOne(Training.Patience, "training.patience");
        Positive(Training.LearningRate, "training.learningRate");
        Require(Training.GradientClip >= 0, "training.gradientClip", Training.GradientClip, "0 (off) or more");
        Require(Training.ValidationFraction is >= 0 and < 1, "training.validationFraction", Training.ValidationFraction, "0 or more, less than 1");

        void AtLeastOne(int value, string key) => Require(value >= 1, key, value, "1 or more");
        void Positive(double value, string key) => Require(value > 0, key, value, "more than 0");
        void Fraction(double value, string key) => Require(value is >= 0 and < 1, key, value, "0 or more, less than 1");
        void Require(bool holds, string key, object found, string expected)
        {
            if (!holds)
                throw new InvalidDataException(FormattableString.Invariant($"{place}: {key} is {found}, expected {expected}."));
        }
    }
}

/// <summary>What is done to the RGB features before they meet the radar's.</summary>
public sealed record RgbRecipe
{
    /// <summary>Subtract each feature's mean over the sample's real frames: room, clothes and face stay the same through a
    /// sample, the sign moves. It takes most of the signer out of the features (docs/LOG.md has the figures).</summary>
    public bool RemoveStatic { get; init; }
}

/// <summary>The radar CNN and its own training, which comes before the fusion model's.</summary>
public sealed record RadarRecipe
{
    /// <summary>Trained: a CNN left at random weights keeps little of what the hand did.</summary>
    public RadarEncoderMode Encoder { get; init; } = RadarEncoderMode.Trained;

    /// <summary>Give the CNN the range and Doppler coordinate of every bin (see <see cref="Models.RadarCnn"/>). On: global
    /// average pooling alone forgets where the energy is, and in a range-Doppler map that is the meaning.</summary>
    public bool Coordinates { get; init; } = true;

    public RadarScaling Scaling { get; init; } = RadarScaling.Statistics;

    /// <summary>log(1 + x) before scaling. For linear magnitudes, whose strong echoes hide the rest; not for dB or grey videos.</summary>
    public bool Logarithm { get; init; }

    /// <summary>Subtract each bin's mean over the sample, so that walls, furniture and the still body do not count. For
    /// places whose static echo changes between recordings. Off: where someone stands still can be a part of the sign.
    /// Source: moving target indication, M. Skolnik, "Introduction to Radar Systems", chapter 3.</summary>
    public bool RemoveStatic { get; init; }

    /// <summary>Bring each sample to mean 0 and deviation 1 before the training split's scaling: where gain or background
    /// drift between recordings. Off: the strength of an echo can tell near from far.</summary>
    public bool NormaliseSample { get; init; }

    /// <summary>Subtract each CNN feature's mean over the sample's real frames, in the light head and in the fusion model:
    /// body, place and noise level of a signer move all features of a sample together; the sign moves them in time.</summary>
    public bool CentreFeatures { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    internal Models.RadarPreparation Preparation => new(Logarithm, RemoveStatic, NormaliseSample);

    /// <summary>Width of the light LSTM that reads the CNN's features while it learns; thrown away afterwards.</summary>
    public int Hidden { get; init; } = 128;

    /// <summary>Fraction of the light LSTM's last state that is dropped while training.</summary>
    public double Dropout { get; init; } = 0.3;

    /// <summary>Samples a step. Smaller than the fusion model's: frames are large and more steps an epoch learn faster.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Epochs at most.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Stop after this many epochs without a better validation accuracy.</summary>
    public int Patience { get; init; } = 12;

    /// <summary>Adam's step. A small CNN from scratch learns well at ten times the fusion model's.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Cosine: at a constant rate the CNN and its batch norm chase each other and validation jumps.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Cosine;

    public AugmentationRecipe Augmentation { get; init; } = new();
}

/// <summary>Changes that leave the sign what it is, drawn anew for each sample and epoch. Never flips: left-right inverts
/// velocity, up-down inverts range. 0 turns each one off.</summary>
public sealed record AugmentationRecipe
{
    /// <summary>Whole sample nearer or farther by up to this many range bins: people do not stand on a mark.</summary>
    public int RangeShiftBins { get; init; }

    /// <summary>Whole sample faster or slower by up to this fraction; frames are repeated or left out.</summary>
    public double TempoSpread { get; init; }

    /// <summary>Scaled values times 1 ± this fraction, one factor a sample: echo strength differs with body and place.</summary>
    public double GainSpread { get; init; }

    /// <summary>Gaussian noise, in standard deviations of the training values.</summary>
    public double Noise { get; init; }

    /// <summary>Each frame is left out with this probability (at least one stays).</summary>
    public double FrameDropout { get; init; }
}

/// <summary>The fusion model: [RGB|radar] → LSTM → dropout → linear.</summary>
public sealed record ModelRecipe
{
    /// <summary>Scale each feature by its mean and standard deviation over the training split. On: ResNet50's 2048 values
    /// and the radar's 96 differ in scale, and the louder would drown the other.</summary>
    public bool Standardise { get; init; } = true;

    /// <summary>LSTM width, as in the source project.</summary>
    public int Hidden { get; init; } = 512;

    /// <summary>LSTM layers, as in the source project.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>Fraction dropped between the layers and before the linear, as in the source project.</summary>
    public double Dropout { get; init; } = 0.3;

    /// <summary>Probability that a sample shows one modality only while learning. The modality that is learnt by heart first
    /// leaves the other nothing to explain; alone, each must carry the sign.</summary>
    public double ModalityDropout { get; init; }

    /// <summary>After standardising, make each modality as loud as this many features of deviation 1: RGB's 2048 are divided by
    /// √(2048 / loudness). 2048 loud inputs saturate the LSTM's gates and drown the radar's 96. 0 = leave them.</summary>
    public double Loudness { get; init; }

    /// <summary>Fraction of the input features dropped for a whole sample. 2048 features of a thousand samples are learnt by
    /// heart within ten epochs; half of them, another half each time, are not.</summary>
    public double InputDropout { get; init; }
}

/// <summary>How the fusion model is trained.</summary>
public sealed record TrainingRecipe
{
    /// <summary>Decides initial weights, order of samples, dropout and augmentation.</summary>
    public int Seed { get; init; }

    /// <summary>Samples a step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Epochs at most.</summary>
    public int Epochs { get; init; } = 80;

    /// <summary>Stop after this many epochs without a better validation accuracy.</summary>
    public int Patience { get; init; } = 12;

    /// <summary>Adam's step. Standardised features bear more than the source project's 1e-4.</summary>
    public double LearningRate { get; init; } = 5e-4;

    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant;

    /// <summary>Weight decay of AdamW, 0 = Adam.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Gradients are scaled down to this Euclidean norm at most; 0 = off. Packed LSTMs seldom need it, early steps do.</summary>
    public double GradientClip { get; init; } = 5;

    /// <summary>While learning, each sample is faster or slower by up to this fraction: steps are repeated or left out.</summary>
    public double TempoSpread { get; init; }

    /// <summary>While learning, each step is left out with this probability (at least one stays).</summary>
    public double FrameDropout { get; init; }

    /// <summary>Part of train that is held out where the data set has no labelled validation split. 0 = none: every epoch is
    /// run and the last one kept, for epochs and schedule chosen beforehand, when recordings are few or drift with time.</summary>
    public double ValidationFraction { get; init; } = 0.2;
}
