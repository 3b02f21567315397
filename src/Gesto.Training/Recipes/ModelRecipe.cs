namespace Gesto.Training.Recipes;

/// <summary>How both modalities become one sequence.</summary>
public enum FusionMode
{
    /// <summary><see cref="Models.LateFusion"/>: concatenation.</summary>
    Late,

    /// <summary><see cref="Models.GatedFusion"/>.</summary>
    Gated,

    /// <summary><see cref="Models.AttentionFusion"/>.</summary>
    Attention,

    /// <summary><see cref="Models.EarlyFusion"/>: frames, not features, so both encoders must be those that learn with
    /// the model.</summary>
    Early,
}

/// <summary>What reads the sequence.</summary>
public enum TemporalMode
{
    /// <summary><see cref="Models.LstmModel"/>.</summary>
    Lstm,

    /// <summary><see cref="Models.LstmModel"/>, both ways.</summary>
    BiLstm,

    /// <summary><see cref="Models.TransformerModel"/>.</summary>
    Transformer,

    /// <summary><see cref="Models.TemporalConvolution"/>.</summary>
    Convolution,

    /// <summary><see cref="Models.ConvolutionTransformer"/>.</summary>
    ConvolutionTransformer,

    /// <summary><see cref="Models.SkeletonGcn"/>; of landmarks alone.</summary>
    SkeletonGcn,
}

/// <summary>Where RGB features come from.</summary>
public enum RgbEncoderMode
{
    /// <summary>From extraction, ready: ResNet50's 2048 values.</summary>
    Features,

    /// <summary>From a small CNN that learns from scratch with the fusion model, over small
    /// frames.</summary>
    Frames,

    /// <summary>From ResNet50's last stage, trained on with the fusion model, over the maps it
    /// reads.</summary>
    LastStage,
}

/// <summary>What is done to the RGB features before they meet the radar's.</summary>
public sealed record RgbRecipe
{
    public RgbEncoderMode Encoder { get; init; } = RgbEncoderMode.Features;

    /// <summary>With an encoder that learns: values times 1 ± this fraction while learning, one factor a
    /// sample.</summary>
    public double GainSpread { get; init; }

    /// <summary>With an encoder that learns: Gaussian noise while learning, in units of its scaled input (frames: 1 is
    /// 0 to 255).</summary>
    public double Noise { get; init; }

    /// <summary>Subtract each feature's mean over the sample's real frames: room, clothes and face stay the same
    /// through a sample, the sign moves. It takes most of the signer out of the features (docs/LOG.md has the
    /// figures).</summary>
    public bool RemoveStatic { get; init; }
}

/// <summary>The model over the features: fusion → temporal model → dropout → linear.</summary>
public sealed record ModelRecipe
{
    public FusionMode Fusion { get; init; } = FusionMode.Late;

    public TemporalMode Temporal { get; init; } = TemporalMode.Lstm;

    /// <summary>Features of a fused step where the fusion has weights of its own (gated, attention). A multiple of the
    /// heads and of 2.</summary>
    public int FusionWidth { get; init; } = 256;

    /// <summary>Heads of each attention.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Scale each feature by its mean and standard deviation over the training split. On: ResNet50's 2048
    /// values and the radar's 96 differ in scale, and the louder would drown the other.</summary>
    public bool Standardise { get; init; } = true;

    /// <summary>Width of the temporal model. 512: the source project's LSTM.</summary>
    public int Hidden { get; init; } = 512;

    /// <summary>Layers of the temporal model. 2: the source project's LSTM.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>What the LSTM's states become. Last: the source project's.</summary>
    public Models.StatePooling Pooling { get; init; } = Models.StatePooling.Last;

    /// <summary>A sample of more steps is shown in this many, spread evenly; while learning each is drawn from its own
    /// share, so that every epoch shows others, and <see cref="TrainingRecipe.TempoSpread"/> decides how much of the
    /// sample they are spread over. An encoder that learns with the model sees these alone. 0 = all steps. Source: the
    /// sparse sampling of L. Wang et al., "Temporal segment networks", ECCV 2016.</summary>
    public int Steps { get; init; }

    /// <summary>Parts of the clip that temporal convolutions keep apart for the last layer.</summary>
    public int Parts { get; init; } = 5;

    /// <summary>Parts of the clip whose means a linear map reads beside the temporal model (see <see
    /// cref="Models.SignModel"/>). 0: none, the source project's.</summary>
    public int WideParts { get; init; }

    /// <summary>Added to the LSTM's forget-gate biases at the start (see <see cref="Models.LstmModel"/>). 0: PyTorch's
    /// start, the source project's.</summary>
    public double ForgetBias { get; init; }

    /// <summary>Fraction dropped between the layers and before the linear, as in the source project.</summary>
    public double Dropout { get; init; } = 0.3;

    /// <summary>Probability that a sample shows one modality only while learning. The modality that is learnt by heart
    /// first leaves the other nothing to explain; alone, each must carry the sign.</summary>
    public double ModalityDropout { get; init; }

    /// <summary>Probability that an antenna of a sample is hidden while learning; one always stays. For a model that
    /// bears a dead antenna.</summary>
    public double AntennaDropout { get; init; }

    /// <summary>After standardising, make each modality as loud as this many features of deviation 1: RGB's 2048 are
    /// divided by √(2048 / loudness). 2048 loud inputs saturate the LSTM's gates and drown the radar's 96. 0 = leave
    /// them.</summary>
    public double Loudness { get; init; }

    /// <summary>Fraction of the input features dropped for a whole sample. 2048 features of a thousand samples are
    /// learnt by heart within ten epochs; half of them, another half each time, are not.</summary>
    public double InputDropout { get; init; }

    /// <summary>Tempos at which a sample is read when it is recognised, spread evenly over 1 ± training.tempoSpread;
    /// their logits are averaged: test-time augmentation. 1: as it is. An odd number has the sample itself among
    /// them.</summary>
    public int Views { get; init; } = 1;

    /// <param name="check">Takes what is wrong.</param>
    /// <param name="modalities">The recipe's.</param>
    /// <param name="frames">Frames of both are encoded by what learns.</param>
    internal void Check(RecipeCheck check, IReadOnlyList<string> modalities, bool frames)
    {
        check.Require(
            Fusion != FusionMode.Early || frames,
            "model.fusion",
            "early",
            "rgb.encoder=frames and radar.encoder=joint with it: early fusion stacks the frames of both and encodes them together"
        );
        check.Require(
            Fusion != FusionMode.Early || !Standardise,
            "model.standardise",
            "true",
            "false with early fusion, which scales whole frames"
        );
        check.AtLeastOne(Hidden, "model.hidden");
        check.AtLeastOne(Layers, "model.layers");
        check.AtLeastOne(FusionWidth, "model.fusionWidth");
        check.AtLeastOne(Parts, "model.parts");
        check.Require(
            Pooling == Models.StatePooling.Last || Temporal is TemporalMode.Lstm or TemporalMode.BiLstm,
            "model.pooling",
            "meanMax",
            "last, or model.temporal lstm or biLstm with it: the others pool in their own way"
        );
        check.Require(Steps >= 0, "model.steps", Steps, "0 (all) or more");
        check.Require(WideParts >= 0, "model.wideParts", WideParts, "0 (none) or more");
        check.AtLeastOne(Heads, "model.heads");
        check.Require(Views >= 1 && Views % 2 == 1, "model.views", Views, "an odd number, 1 or more");
        check.Fraction(Dropout, "model.dropout");
        check.Fraction(InputDropout, "model.inputDropout");
        check.Fraction(ModalityDropout, "model.modalityDropout");
        check.Fraction(AntennaDropout, "model.antennaDropout");
        check.NotNegative(ForgetBias, "model.forgetBias", "PyTorch's start");
        check.NotNegative(Loudness, "model.loudness");
        if (Fusion is FusionMode.Gated or FusionMode.Early)
            check.Require(
                modalities is ["rgb", "radar"],
                "model.fusion",
                Fusion.ToString().ToLowerInvariant(),
                "late or attention, where the modalities are others than RGB and radar"
            );
        if (Fusion == FusionMode.Attention)
        {
            check.Require(
                modalities.Count > 1,
                "model.fusion",
                "attention",
                "late, where there is one modality: attention looks from one at others"
            );
            WholeHeads(FusionWidth, "model.fusionWidth");
        }
        if (Temporal is TemporalMode.Transformer or TemporalMode.ConvolutionTransformer)
            WholeHeads(Hidden, "model.hidden");

        void WholeHeads(int width, string key) =>
            check.Require(
                width % Heads == 0 && width % 2 == 0,
                key,
                width,
                FormattableString.Invariant($"an even multiple of model.heads ({Heads})")
            );
    }
}
