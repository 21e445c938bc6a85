"""TF 1.0: the old attention model of contrib.legacy_seq2seq, with buckets and feeding back."""
# Recorded with TensorFlow 1.0.0: out.json
import sys
import numpy as np
import tensorflow as tf
import fixed

buckets = [(3, 4), (5, 6)]
source_vocab, target_vocab, size, batch = 7, 8, 4, 3
seq2seq = tf.contrib.legacy_seq2seq


def build(feed_previous):
    encoder = [tf.placeholder(tf.int32, [None], name='encoder%d' % i) for i in range(buckets[-1][0])]
    decoder = [tf.placeholder(tf.int32, [None], name='decoder%d' % i) for i in range(buckets[-1][1] + 1)]
    weights = [tf.placeholder(tf.float32, [None], name='weight%d' % i) for i in range(buckets[-1][1] + 1)]
    targets = decoder[1:]
    w = tf.get_variable('proj_w', [size, target_vocab])
    b = tf.get_variable('proj_b', [target_vocab])

    def seq2seq_f(encoder_inputs, decoder_inputs):
        cell = tf.contrib.rnn.GRUCell(size)
        return seq2seq.embedding_attention_seq2seq(
            encoder_inputs, decoder_inputs, cell, num_encoder_symbols=source_vocab,
            num_decoder_symbols=target_vocab, embedding_size=size,
            output_projection=(w, b), feed_previous=feed_previous)

    def sampled(labels, logits):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=tf.matmul(logits, w) + b)

    try:
        outputs, losses = seq2seq.model_with_buckets(
            encoder, decoder, targets, weights, buckets, seq2seq_f, softmax_loss_function=sampled)
    except TypeError:
        # 1.0 calls the loss function by place, with inputs first.
        outputs, losses = seq2seq.model_with_buckets(
            encoder, decoder, targets, weights, buckets, seq2seq_f,
            softmax_loss_function=lambda inputs, labels: sampled(labels, inputs))
    return encoder, decoder, weights, outputs, losses


def feeds(parts, bucket, draw):
    encoder, decoder, weights = parts
    feed = {}
    for i in range(buckets[bucket][0]):
        feed[encoder[i]] = draw.randint(0, source_vocab, batch)
    for i in range(buckets[bucket][1] + 1):
        feed[decoder[i]] = draw.randint(0, target_vocab, batch)
        feed[weights[i]] = (draw.rand(batch) > 0.2).astype(np.float32)
    return feed


recorded = {'inference': {}, 'gradients': {}, 'losses': {}, 'exact': {}}
for feed_previous in (False, True):
    key = 'fed back' if feed_previous else 'taught'
    tf.reset_default_graph()
    encoder, decoder, weights, outputs, losses = build(feed_previous)
    optimizer = tf.train.GradientDescentOptimizer(0.5)
    gradients = [tf.gradients(l, tf.trainable_variables()) for l in losses]
    train = [optimizer.minimize(l) for l in losses]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        fixed.weights(sess)
        draw = np.random.RandomState(8)
        recorded['exact'][key] = len(tf.trainable_variables())
        for bucket in range(2):
            feed = feeds((encoder, decoder, weights), bucket, draw)
            name = '%s %d' % (key, bucket)
            recorded['inference'][name] = sess.run(outputs[bucket] + [losses[bucket]], feed)
            recorded['gradients'][name] = sess.run(
                [tf.convert_to_tensor(g) for g in gradients[bucket] if g is not None], feed)
            recorded['losses'][name] = [sess.run([losses[bucket], train[bucket]], feed)[0] for _ in range(8)]
print(sorted(recorded['losses']))
fixed.save(sys.argv[1], **recorded)
