namespace Gesto.Tests;

public class Smoke
{
    [Fact]
    public void Torch_loads() => Assert.Equal(2, TorchSharp.torch.ones(2).sum().item<float>());
}
