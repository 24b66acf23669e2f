-- Popularity is indexed, so raising it with every order rewrote all indexes of the reward's row, which every order of that
-- reward waits for. Now an order inserts here, and a process adds the sums to the rewards now and then.
CREATE TABLE "redemptions_to_count" (
    "id" BIGSERIAL NOT NULL,
    "reward_id" UUID NOT NULL,
    "units" INTEGER NOT NULL,

    CONSTRAINT "redemptions_to_count_pkey" PRIMARY KEY ("id")
);

-- Room in each page for the next version of a row whose stock changes.
ALTER TABLE "rewards" SET (fillfactor = 80);
