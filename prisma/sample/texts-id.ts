import type { SampleTexts } from "./sample-texts.ts";

/** Names and descriptions in Indonesian, by SKU. */
export const indonesian: SampleTexts = {
  "BREWHAUS-250": [
    "Kartu Hadiah Brewhaus ₹250",
    "Secangkir kopi dan kue dari etalase. Berlaku di semua Brewhaus dan di aplikasinya.",
  ],
  "BREWHAUS-500": [
    "Kartu Hadiah Brewhaus ₹500",
    "Cukup untuk kopi pagi selama seminggu, atau biji kopi untuk dibawa pulang.",
  ],
  "BREWHAUS-100": ["Kartu Hadiah Brewhaus ₹100", "Hadiah kecil: kopi saring atau teh pilihan Anda."],
  "BREWHAUS-1000": ["Kartu Hadiah Brewhaus ₹1.000", "Hadiah istimewa untuk yang memulai setiap hari dengan kopi."],
  "BREWHAUS-ESPRESSO": [
    "Espresso Gratis dari Brewhaus",
    "Satu espresso untuk berkenalan dengan Brewhaus. Satu per pelanggan.",
  ],
  "BREWHAUS-TRAVEL-CUP": [
    "Gelas Bepergian Brewhaus, 350 ml",
    "Gelas pakai ulang dengan pelindung panas dan tutup rapat. Bawa gelas ini dan harga minuman Anda berkurang ₹10.",
  ],
  "PALLADROME-PAIR": [
    "Bioskop Palladrome untuk Berdua",
    "Dua kursi standar untuk film apa pun di hari apa pun, dengan popcorn besar untuk berdua.",
  ],
  "PALLADROME-SEAT": ["Tiket Bioskop Palladrome", "Satu kursi standar untuk film apa pun di hari apa pun."],
  "PALLADROME-CENTENARY": [
    "Gala Seabad Palladrome",
    "Kursi di ulang tahun keseratus Palladrome pertama, dengan film pembukanya. Dapat ditukar mulai 1 Januari 2099.",
  ],
  "MARIGOLD-SPOON-TASTING": [
    "Menu Cicip Marigold Spoon untuk Berdua",
    "Tujuh hidangan kecil dari dapur musim ini, masing-masing dengan minuman selamat datang. Menu vegetarian selalu tersedia.",
  ],
  "MARIGOLD-SPOON-500": [
    "Kartu Makan Marigold Spoon ₹500",
    "Untuk makan siang atau malam di semua Marigold Spoon, dari seluruh menu.",
  ],
  "GLOAMLIGHT-500": [
    "Kredit Gim Gloamlight ₹500",
    "Kredit untuk toko gim Gloamlight, cukup untuk sebagian besar gim indie.",
  ],
  "GLOAMLIGHT-100": [
    "Kredit Gim Gloamlight ₹100",
    "Sedikit kredit untuk toko gim Gloamlight, untuk ekspansi atau tambahan.",
  ],
  "GLOAMLIGHT-CONTROLLER": [
    "Pengendali Nirkabel Gloamlight",
    "Pengendali gim untuk komputer, ponsel, dan televisi, dengan baterai hingga 20 jam dan dua tombol tambahan.",
  ],
  "FENNELGATE-500": [
    "Kartu Hadiah Fennelgate ₹500",
    "Potongan ₹500 untuk belanja mingguan, di toko atau diantar ke rumah.",
  ],
  "FENNELGATE-250": ["Kartu Hadiah Fennelgate ₹250", "Untuk buah, sayur, dan kebutuhan harian di Fennelgate terdekat."],
  "FENNELGATE-1000": ["Kartu Hadiah Fennelgate ₹1.000", "Untuk sekeranjang penuh, di toko atau diantar."],
  "STILLMOSS-SPA-DAY": [
    "Sehari Spa di Stillmoss",
    "Sehari penuh di pemandian dan sauna, dengan pijat 45 menit. Handuk, jubah, dan teh herbal sudah termasuk.",
  ],
  "STILLMOSS-500": [
    "Kartu Hadiah Stillmoss ₹500",
    "Untuk pemandian, kelas, atau perawatan. Gabungkan beberapa untuk waktu lebih lama.",
  ],
  "LARKLINE-DAY-PASS": [
    "Tiket Harian Larkline",
    "Sehari perjalanan tanpa batas di semua kereta Larkline, dari yang pertama hingga yang terakhir.",
  ],
  "LARKLINE-WINTER-PASS": [
    "Tiket Musim Dingin Larkline 2025",
    "Sepuluh hari perjalanan antara Januari dan Maret 2025, di semua kereta Larkline.",
  ],
  "THREADMOOR-500": ["Kartu Hadiah Threadmoor ₹500", "Untuk rajutan, kemeja, dan linen dari bengkel kecil Threadmoor."],
  "THREADMOOR-1500": [
    "Kartu Hadiah Threadmoor ₹1.500",
    "Cukup untuk kemeja linen atau sebagian besar sweter musim dingin.",
  ],
  "THREADMOOR-TOTE": [
    "Tas Kanvas Threadmoor",
    "Katun organik tebal dengan tali panjang dan saku dalam. Muat laptop dan belanjaan.",
  ],
  "TRAMONTELLO-400": ["Kartu Piza Tramontello ₹400", "Untuk piza tungku kayu dan minuman, di tempat atau di rumah."],
  "TRAMONTELLO-200": [
    "Kartu Piza Tramontello ₹200",
    "Margherita untuk seorang, atau awal pesanan yang lebih besar. Kode terakhir dari kelompok ini.",
  ],
  "PAGEWREN-300": ["Kartu Buku Pagewren ₹300", "Cukup untuk buku saku, buku elektronik, atau buku audio pilihan Anda."],
  "PAGEWREN-150": ["Kartu Buku Pagewren ₹150", "Buku klasik saku atau buku bergambar, dan hadiah yang manis."],
  "PAGEWREN-NOTEBOOK-SET": [
    "Buku Catatan dan Pena Pagewren",
    "Buku catatan A5 bertitik yang terbuka rata, dengan pita dan pena isi ulang.",
  ],
  "LEAFWRIGHT-150": [
    "Kartu Teh Leafwright ₹150",
    "Untuk teh daun dari kebun kecil. Kartu laris: kode baru datang tiap beberapa minggu.",
  ],
  "LEAFWRIGHT-TEAPOT": [
    "Teko Keramik Leafwright",
    "Teko 900 ml dengan saringan baja dan satu cangkir, diglasir dengan tangan. Tinggal sedikit dari pembakaran ini.",
  ],
  "TUMBLEWICK-300": [
    "Kartu Mainan Tumblewick ₹300",
    "Untuk mainan kayu, puzel, dan kotak kerajinan, diurutkan menurut usia di situs Tumblewick.",
  ],
  "TUMBLEWICK-TRAIN": [
    "Kereta Kayu Tumblewick",
    "Lokomotif dan gerbong dengan balok lepas untuk disusun, dari kayu beech dan cat berbahan air. Mulai 18 bulan.",
  ],
  "WATTLEWIRE-1000": [
    "Kartu Hadiah Wattlewire ₹1.000",
    "Untuk kabel, pengisi daya, dan gawai kecil, atau sebagian dari yang lebih besar.",
  ],
  "WATTLEWIRE-3000": [
    "Kartu Hadiah Wattlewire ₹3.000",
    "Untuk headphone, papan ketik, atau sebagian besar ponsel baru.",
  ],
  "WATTLEWIRE-HEADPHONES": [
    "Headphone Wattlewire",
    "Headphone nirkabel dengan peredam bising dan baterai hingga 30 jam. Dapat dilipat, dan ada kabel untuk penerbangan.",
  ],
  "WATTLEWIRE-INSTANT-CAMERA": [
    "Kamera Instan Wattlewire",
    "Mencetak foto seukuran kartu remi dalam kurang dari semenit. Dilengkapi tali dan 20 lembar film.",
  ],
  "WATTLEWIRE-SPEAKER": [
    "Pengeras Suara Portabel Wattlewire",
    "Tahan percikan, bergagang, dan menyala hingga 18 jam. Dua buah menjadi pasangan stereo.",
  ],
  "FARWEND-2000": [
    "Kartu Menginap Farwend ₹2.000",
    "Untuk kamar apa pun di wisma Farwend, di tepi laut atau di bukit.",
  ],
  "FARWEND-NIGHT": [
    "Semalam di Farwend untuk Berdua",
    "Semalam di kamar ganda wisma Farwend pilihan Anda, dengan sarapan untuk berdua.",
  ],
  "FARWEND-CABIN-CASE": [
    "Koper Kabin Farwend",
    "Koper keras 38 liter yang muat di sebagian besar kabin, dengan empat roda senyap dan kunci angka.",
  ],
  "FERNWICK-HOUSE-PLANT": [
    "Tanaman Hias Fernwick dalam Pot Tanah Liat",
    "Tanaman karet setinggi sekitar 40 cm, siap untuk sudut yang terang. Tahan jika sekali lupa disiram.",
  ],
  "CAIRN-KETTLE-FLASK": [
    "Termos Cairn & Kettle, 750 ml",
    "Baja nirkarat berdinding ganda: panas 12 jam, dingin 24 jam. Gagangnya muat tangan bersarung.",
  ],
  "CAIRN-KETTLE-TENT": [
    "Tenda Tiga Orang Cairn & Kettle",
    "Tenda tiga musim dengan beranda beratap, 3,4 kg dalam tasnya. Satu orang dapat mendirikannya dalam sepuluh menit.",
  ],
  "PACEFIELD-SNEAKERS": [
    "Sepatu Harian Pacefield",
    "Sepatu lari ringan bersol empuk, untuk jalan raya dan sepanjang hari. Ukuran EU 36 sampai 47.",
  ],
  "PACEFIELD-RUNNING-WATCH": [
    "Jam Lari Pacefield",
    "GPS, detak jantung, dan layar yang terbaca di bawah matahari. Hingga sembilan hari sekali isi.",
  ],
  "EMBERWOLD-LAMP": [
    "Lampu Meja Emberwold",
    "Lampu hangat yang dapat diredupkan, dengan kap logam terakota dan tali tarik. Bohlam termasuk.",
  ],
  "EMBERWOLD-CASSEROLE": [
    "Panci Besi Cor Emberwold, 4,5 l",
    "Panci enamel untuk semur, roti, dan makan siang hari Minggu. Untuk semua kompor, termasuk induksi, dan oven.",
  ],
  "LIMBER-LANE-YOGA-SET": [
    "Perlengkapan Yoga Limber Lane",
    "Matras karet alam 5 mm dengan balok busa dan dua tali. Tidak licin, juga di atas ubin.",
  ],
  "SPOKE-SPARROW-CITY-BIKE": [
    "Sepeda Kota Spoke & Sparrow",
    "Sepeda tujuh percepatan dengan sepatbor, lampu, dan keranjang depan. Satu ukuran, untuk pengendara 155 sampai 185 cm.",
  ],
};
