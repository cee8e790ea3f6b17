/* fetch_sets.c - the table of datasets that can be fetched. Sizes and hashes are those that TensorFlow Datasets
 * publishes for its own downloads (tensorflow_datasets/url_checksums), for Fashion-MNIST those of files whose MD5 is
 * the one that its authors publish; for CIFAR-10 and -100 the authors publish MD5 sums of the same files. */
#include "data/fetch/fetch.h"

#include <string.h>

// clang-format off
#define MNIST_URLS { "https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/" }
static const struct fetch_file mnist_files[] = {
    { "train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", MNIST_URLS },
    { "train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", MNIST_URLS },
    { "t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", MNIST_URLS },
    { "t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", MNIST_URLS },
};
#define FASHION_URLS { "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", \
                       "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/" }
static const struct fetch_file fashion_files[] = {
    { "train-images-idx3-ubyte.gz", 26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", FASHION_URLS },
    { "train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", FASHION_URLS },
    { "t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", FASHION_URLS },
    { "t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", FASHION_URLS },
};
#define KMNIST_URLS { "http://codh.rois.ac.jp/kmnist/dataset/kmnist/" }
static const struct fetch_file kmnist_files[] = {
    { "train-images-idx3-ubyte.gz", 18165135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", KMNIST_URLS },
    { "train-labels-idx1-ubyte.gz", 29497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", KMNIST_URLS },
    { "t10k-images-idx3-ubyte.gz", 3041136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", KMNIST_URLS },
    { "t10k-labels-idx1-ubyte.gz", 5120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", KMNIST_URLS },
};
static const struct fetch_file emnist_file = { "gzip.zip", 561753746,
    "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e", { "https://biometrics.nist.gov/cs_links/EMNIST/" } };
static const char *const emnist_names[] = { "emnist-digits", "emnist-letters", "emnist-balanced", NULL };
#define EMNIST_MEMBER(set, part, what)                                                                                \
    { "gzip/emnist-" set "-" part "-" what "-ubyte.gz", "emnist-" set "/emnist-" set "-" part "-" what "-ubyte.gz", 0 }
#define EMNIST_MEMBERS(set)                                                                                           \
    EMNIST_MEMBER(set, "train", "images-idx3"), EMNIST_MEMBER(set, "train", "labels-idx1"),                           \
    EMNIST_MEMBER(set, "test", "images-idx3"), EMNIST_MEMBER(set, "test", "labels-idx1")
static const struct fetch_member emnist_members[] = {
    EMNIST_MEMBERS("digits"), EMNIST_MEMBERS("letters"), EMNIST_MEMBERS("balanced"),
};
static const struct fetch_file cifar10_file = { "cifar-10-binary.tar.gz", 170052171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", { "https://www.cs.toronto.edu/~kriz/" } };
#define CIFAR10_MEMBER(name) { "cifar-10-batches-bin/" name, "cifar10/" name, 30730000 }
static const struct fetch_member cifar10_members[] = {
    CIFAR10_MEMBER("data_batch_1.bin"), CIFAR10_MEMBER("data_batch_2.bin"), CIFAR10_MEMBER("data_batch_3.bin"),
    CIFAR10_MEMBER("data_batch_4.bin"), CIFAR10_MEMBER("data_batch_5.bin"), CIFAR10_MEMBER("test_batch.bin"),
};
static const struct fetch_file cifar100_file = { "cifar-100-binary.tar.gz", 168513733,
    "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec", { "https://www.cs.toronto.edu/~kriz/" } };
static const struct fetch_member cifar100_members[] = {
    { "cifar-100-binary/train.bin", "cifar100/train.bin", 153700000 },
    { "cifar-100-binary/test.bin", "cifar100/test.bin", 30740000 },
};
static const struct fetch_file imdb_file = { "aclImdb_v1.tar.gz", 84125825,
    "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe", { "https://ai.stanford.edu/~amaas/data/sentiment/" } };

#define LIST(rows) (rows), sizeof(rows) / sizeof *(rows)
static const struct fetch_set sets[] = {
    { "mnist", NULL, "CC BY-SA 3.0 (Y. LeCun and C. Cortes), as TensorFlow's documentation states it", LIST(mnist_files),
      NULL, 0, 0 },
    { "fashion-mnist", NULL, "MIT (Zalando SE)", LIST(fashion_files), NULL, 0, 0 },
    { "kmnist", NULL, "CC BY-SA 4.0 (CODH; adapted from the Kuzushiji dataset of NIJL and others)", LIST(kmnist_files), NULL,
      0, 0 },
    { "emnist", emnist_names, "none stated with the files: made by NIST (USA) from its Special Database 19; cite G. Cohen et "
      "al. 2017", &emnist_file, 1, LIST(emnist_members), 0 },
    { "cifar10", NULL, "none stated by the authors; cite A. Krizhevsky 2009", &cifar10_file, 1, LIST(cifar10_members), 0 },
    { "cifar100", NULL, "none stated by the authors; cite A. Krizhevsky 2009", &cifar100_file, 1, LIST(cifar100_members), 0 },
    { "imdb", NULL, "none stated by the authors (cite A. L. Maas et al. 2011); the texts belong to their writers", &imdb_file,
      1, NULL, 0, 1 },
};
// clang-format on

const struct fetch_set *fetch_set_at(size_t i)
{
    return i < sizeof sets / sizeof *sets ? &sets[i] : NULL;
}

const struct fetch_set *fetch_set_named(const char *name)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (!strcmp(sets[i].name, name))
            return &sets[i];
        for (const char *const *also = sets[i].also; also && *also; also++)
            if (!strcmp(*also, name))
                return &sets[i];
    }
    return NULL;
}
